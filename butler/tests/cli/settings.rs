//! Settings: listed, shown, changed and reset.

use butler_fixtures::stand_in::{Reply, Request, StandIn};
use serde_json::{Value, json};

use super::{TOKEN, at, said, said_json};

fn setting(changes: Value) -> Value {
    let mut setting = json!({
        "id": "ButlerStartHour", "label": "Time at which tasks start to run", "summary": "The time.", "group": "butler", "type": "int",
        "value": 2, "default": 2, "source": "default", "file": null, "allowed": "a whole number from 0 to 23", "hidden": false,
        "advanced": false,
    });
    for (key, value) in changes.as_object().unwrap() {
        setting[key] = value.clone();
    }
    setting
}

#[test]
fn no_secret_of_a_plex_media_servers_is_printed() {
    let server = StandIn::start(|request: &Request| {
        let preference = |id: &str, value: &str, default: &str| {
            json!({"id": id, "label": "", "summary": "", "type": "text", "default": default, "value": value,
                "hidden": false, "advanced": false, "group": ""})
        };
        match request.line.as_str() {
            "GET /:/prefs" => {
                let settings = [
                    preference("PlexOnlineToken", TOKEN, ""),
                    preference("customCertificateKey", "correct horse", "battery staple"),
                    preference("OtherToken", "", ""),
                    preference("customConnections", &format!("https://me/?X-Plex-Token={TOKEN}"), ""),
                    preference("FriendlyName", "den", ""),
                ];
                Reply::json(200, &json!({"MediaContainer": {"size": 5, "Setting": settings}}).to_string())
            }
            line if line.starts_with("PUT /:/prefs?") => Reply::empty(200),
            _ => Reply::page(404, "Not Found"),
        }
    });
    // `said` looks for the token in whatever is printed.
    let printed = |arguments: &[&str]| {
        let (code, stdout, stderr) = said(at(&server, arguments));
        assert!(code == 0 && !stdout.contains("horse") && !stdout.contains("staple"), "{stdout}{stderr}");
        stdout
    };
    for form in [["settings", "--all"].as_slice(), &["settings"], &["settings", "--json"]] {
        let all = printed(form);
        assert!(all.contains("den") && all.contains("***") && all.contains("https://me/?X-Plex-Token=***"));
    }
    assert!(printed(&["settings", "PlexOnlineToken"]).starts_with("PlexOnlineToken = ***\n"));
    assert!(
        printed(&["settings", "OtherToken"]).starts_with("OtherToken = \"\"\n"),
        "there is nothing to hide"
    );
    let key = printed(&["settings", "customcertificatekey", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&key).unwrap()["value"], "***");
    assert_eq!(printed(&["settings", "customCertificateKey", "x"]), "customCertificateKey stays ***.\n");
    printed(&["settings", "--reset", "customCertificateKey"]);
    let asked = server.asked();
    let reset = asked.iter().rev().find(|request| request.line.starts_with("PUT")).unwrap();
    assert!(reset.line.ends_with("customCertificateKey=battery+staple"), "{}", reset.line);
}

#[test]
fn settings_are_listed_shown_changed_and_reset() {
    let server = StandIn::start(|request: &Request| {
        let hidden = setting(json!({"id": "GenerateBIFWidth", "hidden": true}));
        let answer = |settings: Vec<Value>| Reply::json(200, &json!({ "settings": settings }).to_string());
        match request.line.as_str() {
            "GET /api/v1/settings" => answer(vec![setting(json!({"value": 1, "source": "person"})), hidden]),
            "PUT /api/v1/settings?ButlerStartHour=3" => {
                answer(vec![setting(json!({"value": 3, "source": "person"}))])
            }
            "PUT /api/v1/settings?reset=ButlerStartHour" => answer(vec![setting(json!({}))]),
            "PUT /api/v1/settings?ButlerStartHour=1" => answer(Vec::new()),
            other => panic!("{other:?}"),
        }
    });
    let check = |arguments: &[&str], expect: (i32, &str, &str)| {
        let (code, stdout, stderr) = said(at(&server, arguments));
        assert_eq!((code, stdout.as_str(), stderr.as_str()), expect, "{arguments:?}");
    };
    let table = "SETTING          VALUE  FROM    WHAT IT IS\nButlerStartHour  1      person  Time at which \
                 tasks start to run\n";
    check(&["settings"], (0, table, "1 more is seldom changed; `butler settings --all` lists it.\n"));
    let shown = "ButlerStartHour = 1\nTime at which tasks start to run. The time.\nIt takes a whole number \
                 from 0 to 23; its default is 2.\n\
                 A person set it; `butler settings --reset ButlerStartHour` gives it its default again.\n";
    check(&["settings", "butlerstarthour"], (0, shown, ""));
    check(&["settings", "ButlerStartHour", "3"], (0, "ButlerStartHour is 3 now.\n", ""));
    check(&["settings", "ButlerStartHour", "1"], (0, "ButlerStartHour stays 1.\n", ""));
    check(&["settings", "--reset", "ButlerStartHour"], (0, "ButlerStartHour is 2 now.\n", ""));
    check(&["settings", "ButlerStartHour", "--reset"], (0, "ButlerStartHour is 2 now.\n", ""));
    let unknown = "Error: There is no setting `ButlerStartHuor`.\nHint: Did you mean `ButlerStartHour`?\n";
    check(&["settings", "ButlerStartHuor", "3"], (4, "", unknown));
    assert_eq!(
        said_json(at(&server, &["settings", "--json"])).1[1]["id"],
        "GenerateBIFWidth",
        "programs get them all"
    );
    for wrong in [
        &["settings", "--reset", "ButlerStartHour", "3"][..],
        &["settings", "ButlerStartHour", "3", "--reset"],
        &["settings", "--reset"],
    ] {
        assert_eq!(said(at(&server, wrong)).0, 2, "{wrong:?}");
    }
}
