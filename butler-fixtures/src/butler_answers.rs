//! What a Butler answers to calls that a Plex Media Server has not, as the documentation's examples meet it.
//! What the real one answers is tested against the real one.

use serde_json::{Value, json};

use crate::stand_in::{Reply, Request, StandIn};

/// A stand-in for a Butler with one run, one failure and one film.
pub fn butler() -> StandIn {
    StandIn::start(|request| match answer(request) {
        Value::Null if request.line == "GET /library/parts/1/indexes/sd" => Reply::Bytes(without_pictures()),
        Value::Null => Reply::page(404, "Not Found"),
        body => Reply::json(200, &body.to_string()),
    })
}

fn answer(request: &Request) -> Value {
    let target = request.line.split('?').next().unwrap_or_default();
    match target {
        "GET /healthz" => json!({"status": "ok", "version": "0.1.0", "sandbox": "full", "checks": []}),
        "GET /api/v1/runs" => json!({"runs": [run()], "total": 1}),
        "GET /api/v1/runs/7" | "DELETE /api/v1/runs/7" => run(),
        "GET /api/v1/failures" => json!({"failures": [failure()], "total": 1}),
        "GET /api/v1/failures/summary" => {
            json!({"failures": 1, "files": 1, "group_count": 1, "groups": [{"product": "bif",
            "tasks": ["GenerateMediaIndexFiles"], "class": "content", "error": "The file ends in the middle of a frame.",
            "failures": 1, "files": 1, "resting": 0, "newest": "2026-11-23T02:00:00Z"}]})
        }
        "POST /api/v1/failures/5/retry" => {
            json!({"id": 5, "message": "The next run that wants it tries it again."})
        }
        "GET /api/v1/plan" => {
            json!({"made_at": "2026-11-24T00:10:00+01:00", "zone": "Europe/Berlin", "between": [], "nights": [],
            "backlogs": [], "sentence": "Nothing is due in the next window."})
        }
        "GET /api/v1/window" => {
            json!({"open": false, "from": null, "until": null, "day": null, "whole_day": false, "next": null,
            "zone": "Europe/Berlin", "paused": [], "running": 0, "sentence": "The window is closed."})
        }
        "GET /api/v1/tasks" => {
            json!({"tasks": [{"name": "BackupDatabase", "title": "Back up", "description": "", "every_days": 3,
            "randomized": false, "enabled": true, "due": true, "usual_seconds": 2, "next_at": null}]})
        }
        "GET /api/v1/settings" | "PUT /api/v1/settings" => {
            json!({"settings": [{"id": "ButlerStartHour", "label": "Start", "summary": "",
            "group": "butler", "type": "int", "value": 1, "default": 2, "source": "person", "file": null, "allowed": "0 to 23",
            "hidden": false, "advanced": false}]})
        }
        "GET /api/v1/pauses" | "PUT /api/v1/pauses/person" | "DELETE /api/v1/pauses/person" => {
            json!({"pauses": [{"owner": "person",
            "note": "guests", "since": "2026-11-23T21:04:00Z", "until": null, "until_window": false, "drains": false, "message": ""}]})
        }
        "POST /api/v1/remake" => {
            json!({"files": 1, "products": 1, "failures": 0, "tasks": [], "message": "Of 1 file is made anew: 1 product."})
        }
        "GET /api/v1/sections/1/tags" => {
            json!({"enabled": true, "files": [{"file": "/music/A.flac", "old": [],
            "new": [{"name": "REPLAYGAIN_TRACK_GAIN", "value": "-7.03 dB"}], "written_at": "2026-11-23T02:00:00Z"}], "total": 1})
        }
        "PUT /library/sections/1/prefs" => json!({"MediaContainer": {"size": 0}}),
        "POST /api/v1/sections/1/tags/write" | "POST /api/v1/sections/1/tags/undo" => {
            json!({"files": [{"file": "/music/A.flac", "outcome": "written", "old": [], "new": []}], "same": 0})
        }
        "GET /api/v1/items/7/products" => {
            json!({"products": [{"product": "bif", "part": 1, "file": "/films/Heat.mkv", "version": 1,
            "params": "", "value": {}, "bytes": 9, "made_at": "2026-11-23T02:00:00Z"}]})
        }
        "GET /api/v1/items" => {
            json!({"files": [{"item": 7, "type": "movie", "title": "Heat", "section": 1, "part": 1,
            "file": "/films/Heat.mkv", "bytes": 9}], "total": 1})
        }
        "GET /api/v1/parts/1/bandwidth" => bandwidth(),
        "GET /api/v1/nights/last" => {
            json!({"day": "2026-11-23", "well": true, "tasks": 9, "done": 9, "done_by": "2026-11-23T03:41:00+01:00",
            "failed": 0, "unfinished": 0, "failures": 2, "sentence": "Last night: 9 of 9 tasks done by 03:41, 2 files failed."})
        }
        "GET /api/v1/tasks/GarbageCollectLibraryMedia/plan" => dry_run(),
        "PUT /api/v1/tasks/GarbageCollectLibraryMedia/plan" => {
            json!({"task": "GarbageCollectLibraryMedia", "outcome": "started", "run": 8, "message": "It starts now, run 8."})
        }
        "GET /api/v1/sections/check" => {
            json!({"folder": "/films", "type": "movie", "guessed": false, "counts": {"files": 1, "movies": 1, "shows": 0,
            "seasons": 0, "episodes": 0, "artists": 0, "albums": 0, "tracks": 0, "photos": 0, "extras": 0},
            "items": [{"type": "movie", "title": "Heat", "year": 1995}], "doubts": [], "ignored": [], "unreadable": []})
        }
        "POST /api/v1/sign-in" => json!({"path": "/sign-in?code=once", "until": "2026-11-23T02:05:00Z"}),
        "GET /api/v1/items/7/nearest" | "GET /api/v1/items/7/path" => {
            json!({"tracks": [{"item": 8, "title": "Moonshake", "artist": "Can", "album": "Future Days",
            "distance": 0.031, "duration_ms": 183_000, "file": "/music/Moonshake.flac"}]})
        }
        "GET /library/all" => {
            json!({"MediaContainer": {"size": 1, "totalSize": 1,
            "Metadata": [{"ratingKey": "8", "key": "/library/metadata/8", "type": "track", "title": "Moonshake"}]}})
        }
        "GET /library/sections" | "POST /library/sections" => sections(),
        "GET /library/sections/1/refresh" | "PUT /library/sections/1" | "DELETE /library/sections/1" => {
            json!({})
        }
        "GET /library/sections/1/all" | "GET /library/metadata/7" | "GET /library/metadata/7/children" => {
            json!({"MediaContainer": {"size": 1, "totalSize": 1,
            "Metadata": [{"ratingKey": "7", "key": "/library/metadata/7", "type": "movie", "title": "Heat"}]}})
        }
        _ => Value::Null,
    }
}

/// A BIF of no pictures: its head, and the index's last entry.
fn without_pictures() -> Vec<u8> {
    let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n\r\n";
    [head.as_slice(), b"\x89BIF\r\n\x1a\n", &[0; 56], &u32::MAX.to_le_bytes(), &72_u32.to_le_bytes()].concat()
}

fn dry_run() -> Value {
    let action = json!({"deed": "forget", "path": "/films/gone.mkv", "bytes": 9, "reason": "It has been gone for 30 days."});
    json!({"task": "GarbageCollectLibraryMedia", "actions": [action], "remarks": [], "bytes_written": 0, "bytes_removed": 0,
        "waits": {"digest": "d1", "sentence": "More than a tenth of a section is gone.", "actions": [action]}})
}

fn bandwidth() -> Value {
    let rates = json!({"bytes": 9, "average": 8, "peak": 9, "peak_at_ms": 0, "needed": [8]});
    json!({"part": 1, "made_at": "2026-11-23T02:00:00Z", "duration_ms": 9_000, "told_by": "headers", "step_ms": 10_000,
        "buffers": [5_000_000], "total": rates, "streams": [{"index": 0, "rates": rates, "bytes": [9]}], "longest_gap_ms": 2_000,
        "key_frames": [{"time_ms": 0.0, "place": 0, "bytes": 9}], "damaged": []})
}

fn run() -> Value {
    json!({"id": 7, "task": "BackupDatabase", "state": "running", "reason": null, "reason_code": null, "origin": "person", "forced": false,
        "section": null, "asked_at": "2026-11-23T02:00:00Z", "started_at": "2026-11-23T02:00:00Z", "ended_at": null, "day": "2026-11-23",
        "done": 1, "total": 4, "failures": 0, "bytes_read": 0, "report": [], "live": null})
}

fn failure() -> Value {
    json!({"id": 5, "product": "bif", "part": "/films/cut off.mkv", "files": ["/films/cut off.mkv"], "file_count": 1, "part_id": 3,
        "class": "content", "error": "The file ends in the middle of a frame.", "tries": 2, "next_try_at": null,
        "failed_at": "2026-11-23T02:00:00Z", "run": 7})
}

fn sections() -> Value {
    json!({"MediaContainer": {"size": 1, "allowSync": true, "Directory": [{"allowSync": true, "key": "1", "type": "movie", "title": "Films",
        "agent": "tv.plex.agents.movie", "scanner": "Plex Movie", "language": "en-US", "uuid": "u", "updatedAt": 1, "createdAt": 1,
        "Location": [{"id": 1, "path": "/films"}]}]}})
}
