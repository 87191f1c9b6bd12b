"""Django OAuth Toolkit behind the login of Django's admin, for the interop tests."""

import json
import os
import signal
import socketserver
import sys
import tempfile
import threading
import wsgiref.simple_server

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

DATA = tempfile.TemporaryDirectory(prefix="interop-django-")

settings.configure(
    SECRET_KEY=os.urandom(32).hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    LOGIN_URL="/admin/login/",
    STATIC_URL="/static/",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(DATA.name, "db")}
    },
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    OAUTH2_PROVIDER={
        "SCOPES": {"read": "Read what is yours", "write": "Change what is yours"},
        "DEFAULT_SCOPES": ["read"],
        "DCR_ENABLED": True,
        "DCR_REGISTRATION_PERMISSION_CLASSES": ("oauth2_provider.dcr.AllowAllDCRPermission",),
        "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["none", "client_secret_basic"],
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    },
)
django.setup()

# These need Django to be set up.
from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls), path("", include("oauth2_provider.urls"))]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


def main():
    # Leaving so takes the data along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    call_command("migrate", verbosity=0)
    email, password = os.environ["LOADTEST_EMAIL"], os.environ["LOADTEST_PASSWORD"]
    get_user_model().objects.create_superuser(email, email, password)
    handler = StaticFilesHandler(WSGIHandler())
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, handler, Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"issuer": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    # Whoever started this server holds the other end of stdin, so that it cannot outlive them.
    while os.read(0, 4096):
        pass


if __name__ == "__main__":
    main()
