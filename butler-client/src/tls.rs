//! TLS by rustls and ring: made ready only for https, so that a command on this machine reads no
//! certificates.

use std::sync::Once;

use reqwest::ClientBuilder;
use rustls::crypto::ring;

use crate::error::BuildError;

/// Gives the HTTP client what it needs for TLS.
pub(crate) fn prepare(http: ClientBuilder, is_https: bool) -> Result<ClientBuilder, BuildError> {
    if is_https {
        static INSTALLED: Once = Once::new();
        // Somebody else's provider, installed before ours, serves as well.
        INSTALLED.call_once(|| drop(ring::default_provider().install_default()));
        return Ok(http);
    }
    // reqwest panics without a provider even where no https is ever spoken; a configuration that trusts
    // nobody costs nothing.
    let nobody = rustls::ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| BuildError::Http(error.into()))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(http.tls_backend_preconfigured(nobody))
}
