//! Removes what is left of items that are gone. Butler keeps no bundle folders: what lies in one elsewhere
//! are products of sources here, rows with files in the folder of blobs. So this lets go of the sources that
//! no library holds any more; their files go with GarbageCollectBlobs.

use butler_api::TaskName;
use butler_schedule::Timing;

use super::garbage_collect_library_media::DAYS;
use crate::deeds::Deeds;
use crate::orphans::OrphansPlan;
use crate::plan::{Ground, Plan, Prepared};
use crate::report::Report;
use crate::settings::Setting;
use crate::task::{OwnWork, Phases, Task};
use crate::work::{TaskError, Work};

pub(crate) static TASK: Task = Task {
    name: TaskName::CleanOldBundles,
    title: "Clean Old Bundles",
    description: "Remove what was made of media that no library has any more",
    timing: Timing { rank: 55, ..Timing::HOUSEKEEPING },
    switch: &SWITCH,
    settings: &[],
    section_switch: None,
    phases: Phases { work: OwnWork::Planned(prepare), ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskCleanOldBundles",
    "Remove old bundles every week",
    "Remove what was made of media that no library has had for some days (ButlerTrashDays). There are no \
     bundle folders; what others keep there are rows and files of the folder `blobs` here.",
    true,
);

struct Bundles(OrphansPlan);

fn prepare(ground: &mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError> {
    let days = ground.settings.int(&DAYS);
    Ok(Box::new(Bundles(OrphansPlan::new(ground.library, ground.now, days)?)))
}

impl Prepared for Bundles {
    fn plan(&self) -> Plan {
        let mut remarks = Vec::new();
        self.0.remarks(&mut remarks);
        Plan { actions: self.0.actions().collect(), waits: None, remarks }
    }

    fn carry_out(self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError> {
        let (mut deeds, mut report) = (Deeds::default(), Report::default());
        self.0.carry_out(work, &mut deeds)?;
        deeds.tell(&mut report);
        Ok(report)
    }
}
