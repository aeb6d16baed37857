//! Where somebody speaks in a file, as it is shown.

use std::io::BufReader;

use butler_library::{Library, Loss, OpenedProduct, PartId};
use butler_product::ProductKind;
use butler_product::voice::{Voice, VoiceError};

use crate::app::App;
use crate::error::Problem;

const KIND: ProductKind = ProductKind::Voice;

/// The speech in a part; none if it was not looked for.
pub(crate) async fn of_part(app: &App, part: PartId) -> Result<Option<Voice>, Problem> {
    app.library(move |library| read(library, part)).await
}

fn read(library: &Library, part: PartId) -> Result<Option<Voice>, Problem> {
    let Some(part) = library.part(part)? else { return Ok(None) };
    let Some(OpenedProduct { blob, file, .. }) = library.open_product(part.source, KIND)? else {
        return Ok(None);
    };
    match Voice::read(BufReader::new(file)) {
        Ok(voice) => Ok(Some(voice)),
        Err(error @ VoiceError::Io(_)) => Err(Problem::bug(&error)),
        Err(VoiceError::Damaged(_)) => {
            Err(library.lose_product(part.source, KIND, blob, Loss::Damaged).into())
        }
    }
}
