//! What questions ask of a value that SQL itself has no word for: text whatever its case, and what the
//! headers of a file say. Pure, and only for connections that read: no index and no trigger rests on them.

use butler_product::Value;
use butler_product::media_info::MediaInfo;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

/// Makes the functions known to a connection.
pub(super) fn add_to(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    // SQLite's own `lower` knows the letters of English alone.
    connection.create_scalar_function("folded", 1, flags, |context| {
        Ok(context.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
    })?;
    connection.create_scalar_function("duration_ms", 1, flags, |context| {
        Ok(media_info(context)?.and_then(|info| info.duration_ms).and_then(|ms| i64::try_from(ms).ok()))
    })?;
    connection.create_scalar_function("resolution", 1, flags, |context| {
        Ok(media_info(context)?.and_then(|info| info.resolution()))
    })
}

/// The headers that a stored value says; none where it is of another kind.
fn media_info(context: &Context<'_>) -> rusqlite::Result<Option<Box<MediaInfo>>> {
    let value = context.get_raw(0).as_str().ok().map(serde_json::from_str);
    match value.transpose().map_err(|error| rusqlite::Error::UserFunctionError(error.into()))? {
        Some(Value::MediaInfo(info)) => Ok(Some(info)),
        _ => Ok(None),
    }
}
