//! Settings: listed, shown, changed and reset.

use butler_fixtures::stand_in::{Reply, Request, StandIn};
use serde_json::{Value, json};

use super::{at, said, said_json};

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
