//! The token, and where it comes from: a value, or a provider that is asked at each request. It travels in a
//! header that is marked as sensitive; nothing here shows it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::header::HeaderValue;

use crate::echo;
use crate::error::Source;

/// A token as it is sent.
#[derive(Clone)]
pub(crate) struct Token {
    /// Marked as sensitive, so that no layer below writes it into a log.
    pub(crate) header: HeaderValue,
    text: String,
}

/// A token that no header can carry.
#[derive(Debug, thiserror::Error)]
#[error("the token has characters that no header can carry")]
pub(crate) struct Unsendable;

impl Token {
    pub(crate) fn new(text: &str) -> Result<Self, Unsendable> {
        let text = text.trim().to_owned();
        let mut header = HeaderValue::from_str(&text).map_err(|_| Unsendable)?;
        header.set_sensitive(true);
        Ok(Self { header, text })
    }

    /// Takes the token out of a whole text that a server sent: one that echoes requests would have it
    /// printed. The text is cut afterwards, never before: half a token is not known as one.
    pub(crate) fn hidden_in(token: Option<&Self>, text: &str) -> String {
        match token {
            Some(token) if !token.text.is_empty() => echo::hidden(text, &token.text),
            _ => text.to_owned(),
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<String, Source>> + Send>>;

/// Where the token of a request comes from.
#[derive(Clone, Default)]
pub(crate) enum TokenSource {
    /// There is none.
    #[default]
    None,
    /// The same for all requests.
    Value(Token),
    /// Somebody who is asked at each request.
    Provider(Arc<dyn Fn() -> Answer + Send + Sync>),
}

impl TokenSource {
    pub(crate) fn provider<F, E>(provider: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Source>,
    {
        Self::Provider(Arc::new(move || {
            let answer = provider();
            Box::pin(async move { answer.await.map_err(Into::into) })
        }))
    }

    pub(crate) async fn token(&self) -> Result<Option<Token>, Source> {
        match self {
            Self::None => Ok(None),
            Self::Value(token) => Ok(Some(token.clone())),
            Self::Provider(provider) => Ok(Some(Token::new(&provider().await?)?)),
        }
    }

    pub(crate) const fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }
}
