//! The token that opens every door: 256 random bits, kept in a file that only its owner reads.
//!
//! It is never printed: `Debug` shows no part of it, and there is no `Display`.

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A shorter token can be guessed: whoever sets one is warned.
pub const GOOD_TOKEN_CHARS: usize = 16;
/// The longest token that is taken.
pub const MAX_TOKEN_CHARS: usize = 256;

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file can't be read or made.
    #[error("the token file `{path}` can't be read or written")]
    Io {
        /// The file.
        path: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// What was given is no token.
    #[error("a token has 1 to {MAX_TOKEN_CHARS} visible ASCII characters and no blanks")]
    Unfit,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
}

impl Token {
    /// A token that somebody sent or set.
    ///
    /// # Errors
    /// If it is empty, too long, or not visible ASCII.
    pub fn new(text: impl Into<String>) -> Result<Self, TokenError> {
        let text = text.into();
        let fits =
            (1..=MAX_TOKEN_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(TokenError::Unfit) }
    }

    /// A new one, from 256 random bits.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn random() -> Result<Self, TokenError> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).map_err(|_| TokenError::NoRandom)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bits)))
    }

    /// The token of the data folder's file `token`, made with mode 0600 if the file isn't there.
    ///
    /// # Errors
    /// If the file can't be read, made, or holds no token.
    pub fn read_or_make(data_dir: &Path) -> Result<Self, TokenError> {
        let path = data_dir.join("token");
        let fail = |source| TokenError::Io { path: path.display().to_string(), source };
        match File::open(&path) {
            Ok(file) => {
                let mut text = String::new();
                // A file that others may read is closed to them; one that is right may well be read-only.
                if file.metadata().map_err(fail)?.permissions().mode() & 0o077 != 0 {
                    file.set_permissions(Permissions::from_mode(0o600)).map_err(fail)?;
                }
                file.take(2 * MAX_TOKEN_CHARS as u64).read_to_string(&mut text).map_err(fail)?;
                Self::new(text.trim())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let token = Self::random()?;
                token.write(data_dir).map_err(fail)?;
                Ok(token)
            }
            Err(error) => Err(fail(error)),
        }
    }

    /// Writes it beside its place and moves it there, so that no reader finds half of it.
    fn write(&self, data_dir: &Path) -> io::Result<()> {
        let beside = data_dir.join("token.new");
        if let Err(error) = fs::remove_file(&beside)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(format!("{}\n", self.0).as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, data_dir.join("token"))?;
        File::open(data_dir)?.sync_all()
    }

    /// The token itself, for the header of a request. Never to be printed or logged.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256: all that the database knows of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_for_its_owner_only() {
        let folder = butler_fixtures::tempdir().unwrap();
        let token = Token::read_or_make(folder.path()).unwrap();
        assert_eq!(token.reveal().len(), 43);
        assert_eq!(fs::metadata(folder.path().join("token")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Token::read_or_make(folder.path()).unwrap(), token);
        assert!(!folder.path().join("token.new").exists());
    }

    #[test]
    fn a_file_that_others_may_read_is_closed_to_them() {
        let folder = butler_fixtures::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "a-token-of-a-person\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(Token::read_or_make(folder.path()).unwrap().reveal(), "a-token-of-a-person");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_token_is_not_shown() {
        let token = Token::random().unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn empty_and_blank_texts_are_no_tokens() {
        for text in ["", "with a blank in the middle", &"x".repeat(257), "ümläuts-are-not-ascii"] {
            assert!(Token::new(text).is_err(), "{text:?} was taken");
        }
    }
}
