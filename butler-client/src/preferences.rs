//! Settings as a Plex Media Server has them, which Butler answers too; what Butler alone knows of them is in
//! `settings.rs`.

use butler_api::plex::{Container, Preference, Preferences, SettingValue};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// The server's settings, hidden ones too.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// let preferences = client.preferences().await?;
    /// let start = preferences.iter().find(|preference| preference.id == "ButlerStartHour");
    /// println!("The window opens at {} o'clock", start.expect("every Plex has it").value);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn preferences(&self) -> Result<Vec<Preference>, Error> {
        let body: Container<Preferences> =
            self.get(&[":", "prefs"]).send().await?.plex("a list of settings")?;
        Ok(body.inner.settings.into_iter().map(typed).collect())
    }

    /// Changes settings: id and value, booleans as `1` and `0`. Butler takes all of these or none.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// client.set_preferences(&[("ButlerStartHour", "1"), ("ButlerEndHour", "6")]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadRequest`] if the server has no such setting or takes no such value; else if it can't be
    /// asked or refuses.
    pub async fn set_preferences(&self, changes: &[(&str, &str)]) -> Result<(), Error> {
        let request = self.put(&[":", "prefs"]);
        let request = changes.iter().fold(request, |request, (id, value)| request.argument(id, value));
        request.act().await.map(drop)
    }
}

/// XML has texts only, and old servers write booleans as numbers: a preference's own type says what is meant.
fn typed(mut preference: Preference) -> Preference {
    let of_type = |value: SettingValue| {
        let text = value.to_string();
        match preference.kind.as_str() {
            "bool" if matches!(text.as_str(), "1" | "true") => SettingValue::Bool(true),
            "bool" if matches!(text.as_str(), "0" | "false" | "") => SettingValue::Bool(false),
            "int" => text.parse().map_or(value, SettingValue::Int),
            "text" => SettingValue::Text(text),
            _ => value,
        }
    };
    (preference.default, preference.value) = (of_type(preference.default), of_type(preference.value));
    preference
}
