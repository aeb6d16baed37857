//! A night that is paused, and the one after it.

use super::{DAILY, PREVIEWS, SCAN, add, evening, newest, pass, previews, runs, small_films, stage, work};

#[test]
fn what_a_pause_kept_from_its_turn_is_missed_with_the_pause_as_its_reason() {
    let stage = stage();
    add(&stage, &small_films(2));
    let server = evening(&stage, "2027-06-15T18:00:00Z");
    let paused = server.butler(&["pause"]).unwrap();
    assert!(paused.status.success(), "{}", String::from_utf8_lossy(&paused.stderr));
    pass(&server, "2027-06-16T01:00:00Z");
    let waiting = newest(&server, SCAN, "waits", |run| run["state"] == "queued");
    assert_eq!(waiting["reason_code"], "held", "{waiting:#}");

    pass(&server, "2027-06-16T04:00:00Z");
    for task in DAILY {
        let missed = newest(&server, task, "is missed", |run| run["state"] == "missed");
        assert_eq!(
            (&missed["reason_code"], &missed["day"]),
            (&"held".into(), &"2027-06-16".into()),
            "{missed:#}"
        );
        assert!(missed["started_at"].is_null(), "{missed:#}");
    }
    assert_eq!(previews(&server), (0, 0));

    // A person's pause survives a restart; what was missed waits for the next night.
    server.kill().unwrap();
    let server = stage.server_at("2027-06-16T04:01:00Z", "Europe/Berlin").unwrap();
    let refused = server.start_task(PREVIEWS).unwrap();
    let held = server.wait_for_run(&refused, |run| run["state"] == "queued").unwrap();
    assert_eq!(held["reason_code"], "held", "{held:#}");
    assert_eq!(server.delete(&format!("/butler/{PREVIEWS}")).unwrap().status, 200);
    let resumed = server.butler(&["resume"]).unwrap();
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    pass(&server, "2027-06-16T18:00:00Z");
    let completed: Vec<_> = runs(&server).into_iter().filter(|run| run["state"] == "completed").collect();
    assert!(
        completed.iter().all(|run| run["task"] == "BackupDatabase" || run["task"] == "OptimizeDatabase"),
        "these two alone are never missed: {completed:#?}"
    );
    pass(&server, "2027-06-17T00:00:00Z");
    work(&server, &DAILY, "2027-06-17");
    assert_eq!(previews(&server), (2, 2));
}
