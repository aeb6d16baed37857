//! `/services/browse`: the folders of this machine that may become sections, which clients ask for before
//! they add one. Names of folders only, and only inside the allowed roots.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use axum::extract;
use axum::extract::State;
use axum::response::Response;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use butler_api::plex::{Browsed, BrowsedPath, Container, Errors};
use butler_api::schema::Base64;
use butler_library::Folder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::{Extent, Params};
use crate::view;

/// Clients write either alphabet, with or without padding.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
/// What is written here: it needs no escapes in an address.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tops)).routes(routes!(browse))
}

/// Lists the folders under which sections may lie.
#[utoipa::path(get, path = "/services/browse", tag = "library", responses(
    (status = 200, description = "The allowed roots, or `/`.",
        content((Container<Browsed> = "application/json"), (Container<Browsed> = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn tops(State(app): State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    let folders = view::folders::tops(&app).await?;
    wants.answer(&container(params.container()?.cut(folders)))
}

/// Lists the folders inside a folder.
#[utoipa::path(get, path = "/services/browse/{*path}", tag = "library",
    params(("path" = inline(Base64), Path, description = "The folder's whole path in base64, \
                                                  either alphabet.", example = "L2ZpbG1z")),
    responses(
        (status = 200, description = "The folders in it, hidden ones left out.",
            content((Container<Browsed> = "application/json"), (Container<Browsed> = "text/xml"))),
        (status = 400, description = "The path is no base64, or not absolute.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 403, description = "The folder is not under an allowed root.", body = Errors),
        (status = 404, description = "There is no such folder, or it can't be read.", body = Errors),
    ))]
async fn browse(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    extract::Path(text): extract::Path<String>,
) -> Result<Response, Problem> {
    let path = decoded(&text).ok_or_else(|| Problem::bad_request("The path is not in base64."))?;
    let folders = view::folders::inside(&app, path).await?;
    wants.answer(&container(params.container()?.cut(folders)))
}

fn container((folders, extent): (Vec<Folder>, Extent)) -> Container<Browsed> {
    let path = |folder: Folder| BrowsedPath {
        key: format!("/services/browse/{}", URL_SAFE.encode(folder.path.as_os_str().as_bytes())),
        title: folder.name,
        path: folder.path.to_string_lossy().into_owned(),
        home: false,
        network: false,
    };
    let Extent { size, total_size, offset } = extent;
    Container::new(Browsed { size, total_size, offset, paths: folders.into_iter().map(path).collect() })
}

/// A path in base64. One in the standard alphabet may itself end in a slash, so both readings of a last slash
/// are tried.
fn decoded(text: &str) -> Option<PathBuf> {
    let either = |text: &str| STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok();
    let bytes = either(text).or_else(|| either(text.trim_end_matches('/')))?;
    Some(PathBuf::from(OsStr::from_bytes(&bytes)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn both_alphabets_are_read_with_and_without_padding() {
        let path = Path::new("/films/été?");
        for text in ["L2ZpbG1zL8OpdMOpPw==", "L2ZpbG1zL8OpdMOpPw", "L2ZpbG1zL8OpdMOpPw==/"] {
            assert_eq!(decoded(text).as_deref(), Some(path), "{text}");
        }
        assert_eq!(decoded("L2E/Pz8/").as_deref(), Some(Path::new("/a????")));
        assert_eq!(decoded("L2E_Pz8_").as_deref(), Some(Path::new("/a????")));
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["%", "a", "L2Zp bG1z", "ü"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    #[test]
    fn a_path_that_is_no_text_survives() {
        let path = PathBuf::from(OsStr::from_bytes(b"/films/\xff"));
        assert_eq!(decoded(&URL_SAFE.encode(path.as_os_str().as_bytes())), Some(path));
    }
}
