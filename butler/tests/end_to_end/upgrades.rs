//! A newer version of one maker: its product alone is made anew, by the task that is there for it, and only
//! while that is switched on.

use butler_fixtures::Server;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{completed, scanned, small_films, stage};

/// What the files of an item have, as `product version`.
fn versions(server: &Server, id: &str) -> Vec<String> {
    let made = server.get_json(&format!("/api/v1/items/{id}/products")).unwrap();
    let word = |product: &Value| format!("{} {}", product["product"].as_str().unwrap(), product["version"]);
    made["products"].as_array().unwrap().iter().map(word).collect()
}

#[test]
fn what_an_older_version_made_is_served_until_it_is_made_anew_and_nothing_else_is() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let (server, section) = scanned(&stage);
    for task in ["GenerateMediaIndexFiles", "LoudnessAnalysis"] {
        completed(&server, task);
    }
    let part = server.parts(&section).unwrap().remove(0).id;
    let all = server.get_json(&format!("/library/sections/{section}/all")).unwrap();
    let id = all["MediaContainer"]["Metadata"][0]["ratingKey"].as_str().unwrap().to_owned();
    let (newest, preview) = (versions(&server, &id), server.preview(part).unwrap());
    let up_to_date = completed(&server, "UpgradeMediaAnalysis");
    assert_eq!((&up_to_date["total"], &up_to_date["bytes_read"]), (&json!(0), &json!(0)), "{up_to_date:#}");

    // As if the build before had made the previews.
    let database = server.data_dir().join("butler.db");
    let server = server
        .restarted(|| {
            let connection = Connection::open(&database)?;
            connection.execute("UPDATE products SET version = version - 1 WHERE kind = 'bif'", [])?;
            Ok(())
        })
        .unwrap();
    let older = versions(&server, &id);
    assert_ne!(older, newest);
    assert_eq!(server.preview(part).unwrap(), preview, "it serves");
    let own = completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(
        (&own["total"], versions(&server, &id)),
        (&json!(0), older.clone()),
        "its own task is content"
    );
    let shown = String::from_utf8(server.butler(&["show", &id]).unwrap().stdout).unwrap();
    assert!(shown.contains("bif               made anew: UpgradeMediaAnalysis makes it"), "{shown}");

    assert!(server.put("/:/prefs?GenerateBIFBehavior=never").unwrap().status < 300);
    let off = completed(&server, "UpgradeMediaAnalysis");
    assert_eq!((&off["total"], versions(&server, &id)), (&json!(0), older), "the product's own task is off");
    assert!(server.put("/:/prefs?GenerateBIFBehavior=scheduled").unwrap().status < 300);
    let run = completed(&server, "UpgradeMediaAnalysis");
    assert_eq!((&run["total"], &run["done"], &run["failures"]), (&json!(2), &json!(2), &json!(0)), "{run:#}");
    assert_eq!((versions(&server, &id), server.preview(part).unwrap()), (newest, preview));
}
