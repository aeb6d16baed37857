//! CleanOldCacheFiles and ButlerTaskCleanSupplementalLogFiles.

use std::fs;
use std::os::unix::fs::symlink;

use butler_api::TaskName::{ButlerTaskCleanSupplementalLogFiles, CleanOldCacheFiles};
use butler_api::{Ask, Origin, RunId, RunRecord, RunState, TaskName};
use butler_tasks::Deed;

use crate::world::{World, counted, day};

#[test]
fn cache_files_go_by_their_last_use_and_by_size_and_what_is_in_use_stays() {
    let mut world = World::new(1);
    world.set("ButlerCacheMaxMegabytes", "2");
    let old = world.own("cache/old", 10, day(-31));
    let big = world.own("cache/sub/big", 1_500_000, day(-3));
    let later = world.own("cache/sub/later", 1_500_000, day(-2));
    let in_use = world.own("cache/in use", 1_000_000, day(0));
    let (plan, facts) = world.does_what_it_shows(&CleanOldCacheFiles, day(0));
    let went: Vec<_> = plan.actions.iter().map(|action| action.path.clone()).collect();
    assert_eq!(went, [old.clone(), big.clone(), later.clone()]);
    assert!(plan.actions[0].reason.contains("30 days") && plan.actions[1].reason.contains("2 MB"));
    assert_eq!((counted(&facts, "removed"), counted(&facts, "bytes removed")), (3, 3_000_010));
    assert!(!old.exists() && !big.exists() && !later.exists() && in_use.exists());
    assert_eq!(world.plan(&CleanOldCacheFiles, day(0)).unwrap().actions, []);
}

#[test]
fn how_long_cache_and_log_files_stay_is_a_setting() {
    let mut world = World::new(1);
    let (cache, log) = (CleanOldCacheFiles, ButlerTaskCleanSupplementalLogFiles);
    world.own("cache/old", 10, day(-10));
    world.own("logs/butler.log-2020-01-01.gz", 10, day(-10));
    for (task, setting) in [(cache, "ButlerCacheMaxAgeDays"), (log, "ButlerLogMaxAgeDays")] {
        assert_eq!(world.plan(&task, day(0)).unwrap().actions, [], "{setting}");
        world.set(setting, "9");
        assert_eq!(world.plan(&task, day(0)).unwrap().actions.len(), 1, "{setting}");
    }
}

#[test]
fn nothing_behind_a_link_is_ever_removed() {
    let world = World::new(1);
    let outside = world.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    for name in ["old", "butler.log-2020-01-01"] {
        fs::write(outside.join(name), b"kept").unwrap();
        crate::world::set_times(&outside.join(name), day(-4_000));
    }
    symlink(&outside, world.library.data_dir().join("cache/away")).unwrap();
    let logs = world.library.data_dir().join("logs");
    fs::remove_dir(&logs).unwrap();
    symlink(&outside, &logs).unwrap();
    for task in [CleanOldCacheFiles, ButlerTaskCleanSupplementalLogFiles] {
        let (plan, _) = world.does_what_it_shows(&task, day(0));
        assert_eq!(plan.actions, [], "{task}");
        assert!(plan.remarks.iter().any(|remark| remark.contains("link")), "{:?}", plan.remarks);
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 2);
}

#[test]
fn the_log_is_put_away_each_day_compressed_the_next_and_removed_by_age_and_size() {
    let mut world = World::new(1);
    let task = ButlerTaskCleanSupplementalLogFiles;
    let live = world.own("logs/butler.log", 1_000, day(0));
    world.own("logs/of somebody else.log", 1_000, day(-4_000));
    let old = world.own("logs/butler.log-2020-01-01.gz", 10, day(-31));
    let (plan, _) = world.does_what_it_shows(&task, day(0));
    assert_eq!(
        plan.actions.iter().map(|action| action.deed).collect::<Vec<_>>(),
        [Deed::Remove, Deed::Rename]
    );
    assert!(!live.exists() && !old.exists());
    let put_away = fs::read_dir(world.library.data_dir().join("logs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("butler.log-"))
        .unwrap();

    // The server has begun a new one meanwhile.
    world.own("logs/butler.log", 100, day(1));
    let (plan, facts) = world.does_what_it_shows(&task, day(1));
    assert_eq!(
        plan.actions.iter().map(|action| action.deed).collect::<Vec<_>>(),
        [Deed::Compress, Deed::Rename]
    );
    assert_eq!(counted(&facts, "compressed"), 1);
    let packed = world.library.data_dir().join("logs").join(format!("{put_away}.gz"));
    assert!(packed.exists() && !packed.with_extension("").exists());
    assert!(world.library.data_dir().join("logs/of somebody else.log").exists());

    world.set("ButlerLogMaxMegabytes", "1");
    let big = world.own("logs/butler.log-2027-01-01.2", 1_500_000, day(1));
    let (plan, _) = world.does_what_it_shows(&task, day(2));
    assert!(
        plan.actions.iter().any(|action| action.deed == Deed::Remove && action.path == packed),
        "{plan:#?}"
    );
    assert!(!big.exists());
}

fn run(id: u64, task: TaskName, state: RunState, ended: i64) -> RunRecord {
    let at = day(ended);
    RunRecord {
        state,
        started_at: Some(at),
        ended_at: Some(at),
        ..RunRecord::new(RunId(id), task, Origin::Person, Ask::all(true), at)
    }
}

#[test]
fn runs_are_forgotten_after_their_days_but_for_the_last_ones_by_which_the_schedule_goes() {
    let world = World::new(1);
    for id in 1..=40 {
        let ended = -400 + i64::try_from(id).unwrap();
        world.library.save_run(&run(id, TaskName::RefreshLibraries, RunState::Completed, ended)).unwrap();
    }
    world.library.save_run(&run(41, TaskName::RefreshLibraries, RunState::Failed, -390)).unwrap();
    world.library.save_run(&run(42, TaskName::BackupDatabase, RunState::Completed, -390)).unwrap();
    let past = world.library.task_pasts().unwrap();
    let facts = world.run(&ButlerTaskCleanSupplementalLogFiles, day(0)).unwrap().into_facts();
    assert_eq!(counted(&facts, "runs forgotten"), 30);
    assert_eq!(world.library.task_pasts().unwrap(), past);
    assert!(
        world.library.run(RunId(30)).unwrap().is_none() && world.library.run(RunId(31)).unwrap().is_some()
    );
    assert_eq!(world.library.next_run_id().unwrap(), RunId(43), "no id is used twice");
}

#[test]
fn how_long_runs_are_remembered_is_a_setting() {
    let mut world = World::new(1);
    for id in 1..=40 {
        world.library.save_run(&run(id, TaskName::RefreshLibraries, RunState::Completed, -40)).unwrap();
    }
    let forgotten = |world: &World| {
        let facts = world.run(&ButlerTaskCleanSupplementalLogFiles, day(0)).unwrap().into_facts();
        counted(&facts, "runs forgotten") > 0
    };
    assert!(!forgotten(&world));
    world.set("ButlerRunHistoryDays", "30");
    assert!(forgotten(&world));
}
