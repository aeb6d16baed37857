//! How loud a file's sound is over time, as it is shown.

use std::io::BufReader;

use butler_library::{Library, Loss, OpenedProduct, PartId};
use butler_product::ProductKind;
use butler_product::loudness::{Levels, LevelsError, StreamLevels};

use crate::app::App;
use crate::error::Problem;

const KIND: ProductKind = ProductKind::Loudness;

/// The course of a part's stream, by its place in the container; none if it was not measured.
pub(crate) async fn levels(app: &App, part: PartId, index: u32) -> Result<Option<StreamLevels>, Problem> {
    app.library(move |library| {
        let levels = of_part(library, part)?;
        Ok::<_, Problem>(
            levels.and_then(|levels| levels.streams.into_iter().find(|stream| stream.index == index)),
        )
    })
    .await
}

fn of_part(library: &Library, part: PartId) -> Result<Option<Levels>, Problem> {
    let Some(part) = library.part(part)? else { return Ok(None) };
    let Some(OpenedProduct { blob, file, .. }) = library.open_product(part.source, KIND)? else {
        return Ok(None);
    };
    match Levels::read(BufReader::new(file)) {
        Ok(levels) => Ok(Some(levels)),
        Err(error @ LevelsError::Io(_)) => Err(Problem::bug(&error)),
        Err(_) => Err(library.lose_product(part.source, KIND, blob, Loss::Damaged).into()),
    }
}
