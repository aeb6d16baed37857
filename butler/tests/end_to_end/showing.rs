//! What the command line shows of items: what there is, what is lacking, what became of a file, and its
//! pictures.

use std::fs;
use std::process::Output;

use butler_fixtures::{age, jpeg_size};

use super::{completed, scanned, small_films, stage};

/// What a command printed that ended well.
fn shown(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_film_is_shown_with_what_was_made_what_failed_and_what_is_to_come() {
    let stage = stage();
    let films = stage.add_movies(&small_films(2)).unwrap();
    let damaged = stage.folders.movie("Damaged (2001)", "mkv").unwrap();
    fs::create_dir_all(damaged.parent().unwrap()).unwrap();
    fs::write(&damaged, vec![7; 4_096]).unwrap();
    age(&damaged).unwrap();
    let (server, section) = scanned(&stage);
    let butler = |arguments: &[&str]| server.butler(arguments).unwrap();

    let items = shown(&butler(&["items"]));
    assert!(items.contains("Film 01") && items.contains("Damaged"), "{items}");
    assert_eq!(
        server.butler_json(&["items", &section, "--limit", "2"]).unwrap().as_array().unwrap().len(),
        2
    );
    let lacking = server.butler_json(&["items", "--lacking", "bif"]).unwrap();
    assert_eq!(lacking.as_array().unwrap().len(), 3, "{lacking:#}");
    let (path, id) = (films[0].to_str().unwrap(), lacking[1]["item"].to_string());
    assert!(
        shown(&butler(&["show", path]))
            .contains("bif               not yet: GenerateMediaIndexFiles makes it, from ")
    );
    let early = butler(&["preview", &id]);
    assert_eq!(early.status.code(), Some(4), "{early:?}");

    completed(&server, "GenerateMediaIndexFiles");
    let lacking = server.butler_json(&["items", &section, "--lacking", "bif"]).unwrap();
    assert_eq!(lacking[0]["file"], damaged.to_str().unwrap(), "{lacking:#}");
    assert_eq!(lacking.as_array().unwrap().len(), 1, "{lacking:#}");
    let text = shown(&butler(&["show", &id]));
    assert!(
        text.contains("bif               3 pictures, size 320×180, one every 10 s; ")
            && text.contains("bandwidth         not yet: "),
        "{text}"
    );
    let text = shown(&butler(&["show", damaged.to_str().unwrap()]));
    assert!(text.contains("media_info        failed: ") && text.contains("1 try, "), "{text}");
    let made = server.butler_json(&["show", path]).unwrap();
    assert_eq!(made["products"].as_array().unwrap().len(), 2, "{made:#}");

    let sheet = stage.spare_dir().join("sheet.jpg");
    shown(&butler(&["preview", path, "-o", sheet.to_str().unwrap()]));
    // Three in a row, with a line of 4 pixels between two.
    assert_eq!(jpeg_size(&fs::read(&sheet).unwrap()).unwrap(), (3 * 324 - 4, 180));
    let folder = stage.spare_dir().join("pictures");
    let written = server.butler_json(&["preview", &id, "-o", folder.to_str().unwrap()]).unwrap();
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        (written["pictures"].as_u64(), names),
        (Some(3), ["00-00-00.jpg", "00-00-10.jpg", "00-00-20.jpg"].map(str::to_owned).into())
    );

    for wrong in [["show", "9999"], ["show", "/nowhere.mkv"], ["preview", "9999"], ["items", "99"]] {
        assert_eq!(butler(&wrong).status.code(), Some(4), "{wrong:?}");
    }
    assert_eq!(butler(&["items", "--lacking", "gold"]).status.code(), Some(2));
    assert_eq!(server.get("/api/v1/items").unwrap().status, 400);
    assert_eq!(server.get("/api/v1/items?lacking=bif&section=99").unwrap().status, 404);
}
