//! Which client to be: the order of the MCP specification's client registration.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::authorization::listener::LoopbackListener;
use crate::authorization::request::AuthorizationRequest;
use crate::client::client_information::ClientInformation;
use crate::client::client_store::Remembered;
use crate::client::deletion::delete_if_offered;
use crate::client::registration::{ClientMetadata, register};
use crate::discovery::discover::Discovery;
use crate::error::{Error, printable};
use crate::flow::asked::{Asked, refuses_registered_scope};
use crate::flow::config::Config;

/// A client as it is, or would be, remembered, and the listener on its redirect URI.
pub(crate) struct Chosen {
    pub(crate) known: Remembered,
    pub(crate) listener: LoopbackListener,
    pub(crate) origin: Origin,
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
    /// What a client is registered for.
    pub(crate) asked: Asked,
    /// The clients of this flow that nobody remembers, the one in use among them.
    unremembered: Mutex<Vec<ClientInformation>>,
    /// Whether a registration is under way, whose client nobody knows yet.
    registering: watch::Sender<bool>,
}

impl<'a> Registrar<'a> {
    pub(crate) fn new(
        http: &'a reqwest::Client,
        discovery: &'a Discovery,
        config: &'a Config,
        asked: Asked,
    ) -> Self {
        let (unremembered, registering) = (Mutex::default(), watch::Sender::new(false));
        Self { http, discovery, config, asked, unremembered, registering }
    }

    /// Resolves once no registration is under way, but does not wait for long.
    pub(crate) async fn registered_or_not(&self) {
        const LIMIT: Duration = Duration::from_secs(5);
        let mut registering = self.registering.subscribe();
        // There is no error as long as this is there.
        let _ = timeout(LIMIT, registering.wait_for(|it| !it)).await;
    }

    /// Deletes what a flow without a token registered, unless it is remembered for the next one.
    pub(crate) async fn clean_up(&self) {
        let left = std::mem::take(&mut *self.unremembered());
        for it in left {
            self.delete(&it).await;
        }
    }

    fn unremembered(&self) -> MutexGuard<'_, Vec<ClientInformation>> {
        self.unremembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registered beforehand, then a metadata document, then one that is remembered, then registration.
    pub(crate) async fn choose(&self, listener: LoopbackListener) -> Result<Chosen, Error> {
        self.discovery.require_pkce()?;
        let given = |client, listener: LoopbackListener| {
            let known = self.known(client, listener.redirect_uri());
            Chosen { known, listener, origin: Origin::Given }
        };
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
        let Some(known) = self.remembered()? else { return self.register(listener, false).await };
        let listener = if known.redirect_uri == listener.redirect_uri() {
            listener
        } else if let (false, Ok(mut there)) =
            (listener.fixed, LoopbackListener::bind_to(&known.redirect_uri).await)
        {
            there.fixed = false;
            there
        } else {
            // Some servers compare the port as well, so another port is another client.
            return self.register(listener, false).await;
        };
        Ok(Chosen { known, listener, origin: Origin::Remembered })
    }

    /// Registers a client for the redirect URI that is listened on; `linked` names the resource in it.
    pub(crate) async fn register(
        &self,
        listener: LoopbackListener,
        linked: bool,
    ) -> Result<Chosen, Error> {
        let mut metadata =
            ClientMetadata::native(&self.config.client_name, listener.redirect_uri());
        metadata.scope = self.asked.registered();
        let chosen = self.config.client_auth_method.as_deref();
        if let Some(it) = chosen.or_else(|| self.secret_method()) {
            metadata.token_endpoint_auth_method = it.to_owned();
        }
        metadata.initial_access_token = self.config.initial_access_token.clone();
        if linked {
            metadata.resources = self.discovery.resource.clone().map(|it| vec![it]);
        }
        self.registering.send_replace(true);
        let registered = self.registered(metadata).await;
        if let Ok(it) = &registered {
            self.unremembered().push(it.clone());
        }
        self.registering.send_replace(false);
        let registered = registered?;
        let kept = registered.token_endpoint_auth_method.as_deref();
        if let (Some(wanted), Some(kept)) = (chosen, kept)
            && wanted != kept
        {
            let (wanted, kept) = (printable(wanted), printable(kept));
            return Err(Error::AuthMethodReplaced { wanted, kept });
        }
        let known = self.known(registered, listener.redirect_uri());
        self.keep(&known).await;
        Ok(Chosen { known, listener, origin: Origin::Registered })
    }

    /// Registers, once more without the scopes where they are what the server refuses: it may have scopes for every client
    /// and let nobody else choose (RFC 7591 §2).
    async fn registered(&self, mut metadata: ClientMetadata) -> Result<ClientInformation, Error> {
        let refused = match register(self.http, self.discovery, &metadata).await {
            Err(it) if metadata.scope.is_some() && refuses_registered_scope(&it) => it,
            it => return it,
        };
        metadata.scope = None;
        let again = register(self.http, self.discovery, &metadata).await;
        // Whoever named the scopes is told of them first.
        again.map_err(|it| if self.asked.named { refused } else { it })
    }

    /// The authorization request of this flow for a client.
    ///
    /// A client may have been registered for less than is published, which counts where nobody named a scope.
    pub(crate) fn request(
        &self,
        client: &ClientInformation,
        redirect_uri: &str,
        asked: &Asked,
    ) -> Result<AuthorizationRequest, Error> {
        let Asked { scope, named, insists, .. } = asked;
        let scope = match named {
            true => scope.clone(),
            false => client.registered_for(scope.clone()),
        };
        let config = self.config;
        let request =
            AuthorizationRequest::asking(self.discovery, client, redirect_uri, &scope, *insists)?;
        Ok(request
            .with_parameters(&config.authorization_parameters)?
            .with_token_parameters(&config.token_parameters)?
            .with_prompt(&config.prompt))
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

    /// Registers a client in the place of one that is of no use any more.
    pub(crate) async fn replace(
        &self,
        old: &Remembered,
        listener: LoopbackListener,
        linked: bool,
    ) -> Result<Chosen, Error> {
        let chosen = self.register(listener, linked).await?;
        {
            let mut clients = self.unremembered();
            // The new one, which comes after it, may have the same name.
            if let Some(at) = clients.iter().position(|it| it.client_id == old.client.client_id) {
                clients.remove(at);
            }
        }
        self.delete(&old.client).await;
        Ok(chosen)
    }

    /// Notes that somebody said yes to the client.
    pub(crate) async fn trust(&self, known: Remembered, origin: Origin) {
        if origin != Origin::Given {
            self.keep(&Remembered { consented: true, doubted: false, ..known }).await;
        }
    }

    /// Notes that a flow ended nowhere; after the second one in a row the next flow registers another client.
    pub(crate) async fn doubt(&self, known: &Remembered) {
        let Some(store) = &self.config.clients else { return };
        let (issuer, client_id) = (&known.issuer, &known.client.client_id);
        // What went wrong before is the error to report.
        if !known.doubted {
            let _ = store.doubt(issuer, client_id).await;
        } else if store.forget(issuer, client_id).await.is_ok() {
            self.delete(&known.client).await;
        }
    }

    async fn delete(&self, client: &ClientInformation) {
        delete_if_offered(self.http, self.discovery.issuer(), client).await;
    }

    /// Keeps what a server gave even where it cannot be written down: [`ClientStore::prepare`] is there to know that before.
    ///
    /// [`ClientStore::prepare`]: crate::client::client_store::ClientStore::prepare
    async fn keep(&self, known: &Remembered) {
        if let Some(store) = &self.config.clients
            && store.remember(known).await.is_ok()
        {
            self.unremembered().retain(|it| it.client_id != known.client.client_id);
        }
    }

    fn known(&self, client: ClientInformation, redirect_uri: &str) -> Remembered {
        Remembered {
            issuer: self.discovery.issuer().to_owned(),
            resource: self.discovery.resource.clone(),
            client_name: self.config.client_name.clone(),
            redirect_uri: redirect_uri.to_owned(),
            scope: self.asked.scope.clone(),
            consented: false,
            doubted: false,
            client,
        }
    }

    fn remembered(&self) -> Result<Option<Remembered>, Error> {
        let Some(store) = &self.config.clients else { return Ok(None) };
        let resource = self.discovery.resource.as_deref();
        let (name, scope) = (&self.config.client_name, &self.asked.scope);
        let found = store.find(self.discovery.issuer(), resource, name, scope)?;
        // One that was registered for another way to authenticate is of no use.
        let wanted = self.config.client_auth_method.as_deref();
        Ok(found.filter(|it| {
            let method = it.client.token_endpoint_auth_method.as_deref();
            wanted.is_none_or(|wanted| wanted == method.unwrap_or("none"))
        }))
    }
}
