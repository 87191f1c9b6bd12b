//! Which client to be: the order of the MCP specification's client registration.

use crate::client_information::ClientInformation;
use crate::client_store::Remembered;
use crate::discovery::Discovery;
use crate::error::Error;
use crate::flow::Config;
use crate::listener::LoopbackListener;
use crate::registration::{ClientMetadata, register};

/// A client, and the listener on its redirect URI.
pub(crate) struct Chosen {
    pub(crate) client: ClientInformation,
    pub(crate) listener: LoopbackListener,
    pub(crate) origin: Origin,
    pub(crate) consented: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By the caller, or by a document.
    Given,
    Remembered,
    Registered,
}

pub(crate) struct Registrar<'a> {
    pub(crate) http: &'a reqwest::Client,
    pub(crate) discovery: &'a Discovery,
    pub(crate) config: &'a Config,
    pub(crate) scope: &'a [String],
}

impl Registrar<'_> {
    /// Registered beforehand, then a metadata document, then one that is remembered, then registration.
    pub(crate) async fn choose(&self, listener: LoopbackListener) -> Result<Chosen, Error> {
        self.discovery.require_pkce()?;
        let given =
            |client, listener| Chosen { client, listener, origin: Origin::Given, consented: false };
        if let Some(it) = &self.config.client {
            return Ok(given(it.clone(), listener));
        }
        let server = &self.discovery.authorization_server;
        if let Some(url) = &self.config.client_metadata_url {
            let client = ClientInformation::from_metadata_url(url)?;
            if server.client_id_metadata_document_supported == Some(true) {
                return Ok(given(client, listener));
            }
        }
        let Some(it) = self.remembered()? else { return self.register(listener, false).await };
        let listener = if it.redirect_uri == listener.redirect_uri() {
            listener
        } else if let (false, Ok(mut there)) =
            (listener.fixed, LoopbackListener::bind_to(&it.redirect_uri).await)
        {
            there.fixed = false;
            there
        } else {
            // Some servers compare the port as well, so another port is another client.
            return self.register(listener, false).await;
        };
        Ok(Chosen {
            client: it.client,
            listener,
            origin: Origin::Remembered,
            consented: it.consented,
        })
    }

    /// Registers a client for the redirect URI that is listened on; `linked` names the resource in it.
    pub(crate) async fn register(
        &self,
        listener: LoopbackListener,
        linked: bool,
    ) -> Result<Chosen, Error> {
        let mut metadata =
            ClientMetadata::native(&self.config.client_name, listener.redirect_uri());
        metadata.scope = (!self.scope.is_empty()).then(|| self.scope.join(" "));
        if let Some(it) = self.secret_method() {
            metadata.token_endpoint_auth_method = it.to_owned();
        }
        metadata.initial_access_token = self.config.initial_access_token.clone();
        if linked {
            metadata.resources = self.discovery.resource.clone().map(|it| vec![it]);
        }
        let client = register(self.http, self.discovery, &metadata).await?;
        self.keep(&client, listener.redirect_uri(), false)?;
        Ok(Chosen { client, listener, origin: Origin::Registered, consented: false })
    }

    /// How a client with a secret is to authenticate, at a server whose metadata leaves no other kind.
    fn secret_method(&self) -> Option<&str> {
        let methods =
            self.discovery.authorization_server.token_endpoint_auth_methods_supported.as_ref()?;
        let mut methods = methods.iter().map(String::as_str);
        if methods.clone().any(|it| it == "none") {
            return None;
        }
        methods.find(|it| matches!(*it, "client_secret_basic" | "client_secret_post"))
    }

    /// Notes that somebody said yes to the client.
    pub(crate) fn remember(
        &self,
        client: &ClientInformation,
        redirect_uri: &str,
        origin: Origin,
    ) -> Result<(), Error> {
        match origin {
            Origin::Given => Ok(()),
            Origin::Remembered | Origin::Registered => self.keep(client, redirect_uri, true),
        }
    }

    /// Has the next flow register a client in the place of this one.
    pub(crate) fn forget(&self, client: &ClientInformation) {
        if let Some(store) = &self.config.clients {
            // What went wrong before is the error to report.
            let _ = store.forget(&self.discovery.issuer, &client.client_id);
        }
    }

    fn keep(
        &self,
        client: &ClientInformation,
        redirect_uri: &str,
        consented: bool,
    ) -> Result<(), Error> {
        let Some(store) = &self.config.clients else { return Ok(()) };
        store.remember(&Remembered {
            issuer: self.discovery.issuer.clone(),
            resource: self.discovery.resource.clone(),
            client_name: self.config.client_name.clone(),
            redirect_uri: redirect_uri.to_owned(),
            scope: self.scope.to_vec(),
            consented,
            client: client.clone(),
        })
    }

    fn remembered(&self) -> Result<Option<Remembered>, Error> {
        let Some(store) = &self.config.clients else { return Ok(None) };
        let Discovery { issuer, resource, .. } = self.discovery;
        store.find(issuer, resource.as_deref(), &self.config.client_name, self.scope)
    }
}
