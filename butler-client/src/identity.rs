//! What the client says of itself: the `X-Plex-*` headers by which a Plex Media Server names a device.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::BuildError;

const CLIENT_IDENTIFIER: HeaderName = HeaderName::from_static("x-plex-client-identifier");
const PRODUCT: HeaderName = HeaderName::from_static("x-plex-product");
const VERSION: HeaderName = HeaderName::from_static("x-plex-version");
const PLATFORM: HeaderName = HeaderName::from_static("x-plex-platform");
const DEVICE: HeaderName = HeaderName::from_static("x-plex-device");

/// Who the program is. What is empty is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) client_identifier: String,
    pub(crate) product: String,
    pub(crate) version: String,
    pub(crate) platform: String,
    pub(crate) device: String,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            client_identifier: String::new(),
            product: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: std::env::consts::OS.to_owned(),
            device: String::new(),
        }
    }
}

impl Identity {
    pub(crate) fn headers(&self) -> Result<HeaderMap, BuildError> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (CLIENT_IDENTIFIER, &self.client_identifier),
            (PRODUCT, &self.product),
            (VERSION, &self.version),
            (PLATFORM, &self.platform),
            (DEVICE, &self.device),
        ] {
            if !value.is_empty() {
                let header = HeaderValue::from_str(value)
                    .map_err(|_| BuildError::Identity { header: name.as_str().to_owned() })?;
                headers.insert(name, header);
            }
        }
        Ok(headers)
    }
}
