//! Plans that wait for a person's word. The word is for a plan as it was: one that has changed has another
//! digest, and waits anew.

use butler_api::TaskName;
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{At, Word, readable};
use crate::{Library, StoreError};

/// A plan that a person has to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPlan {
    /// Whose plan it is.
    pub task: TaskName,
    /// What tells it from every other plan of the task.
    pub digest: String,
    /// What it is about, one sentence.
    pub sentence: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When a person confirmed it.
    pub confirmed_at: Option<Timestamp>,
}

impl Library {
    /// All plans that wait, or were confirmed and not carried out yet.
    ///
    /// # Errors
    /// If the database fails.
    pub fn waiting_plans(&self) -> Result<Vec<WaitingPlan>, StoreError> {
        self.db().read(|tx| {
            let plan = |row: &Row<'_>| {
                Ok(WaitingPlan {
                    task: row.get::<_, Word<TaskName>>("task")?.0,
                    digest: row.get("digest")?,
                    sentence: row.get("sentence")?,
                    made_at: row.get::<_, At>("made_at")?.0,
                    confirmed_at: row.get::<_, Option<At>>("confirmed_at")?.map(|at| at.0),
                })
            };
            let mut statement = tx.prepare_cached("SELECT * FROM waiting_plans ORDER BY task")?;
            Ok(readable(&mut statement, [], "waiting plan", plan)?)
        })
    }

    /// Whether a person confirmed this very plan of a task.
    ///
    /// # Errors
    /// If the database fails.
    pub fn is_plan_confirmed(&self, task: &TaskName, digest: &str) -> Result<bool, StoreError> {
        let plans = self.waiting_plans()?;
        Ok(plans
            .iter()
            .any(|plan| plan.task == *task && plan.digest == digest && plan.confirmed_at.is_some()))
    }

    /// Keeps a plan that waits. One of the same digest stays as it is; any other of the task is void.
    ///
    /// # Errors
    /// If the database fails.
    pub fn keep_waiting_plan(
        &self,
        task: &TaskName,
        digest: &str,
        sentence: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (task, digest, sentence) = (task.clone(), digest.to_owned(), sentence.to_owned());
        self.db().write(move |tx| {
            tx.execute(
                "INSERT INTO waiting_plans (task, digest, sentence, made_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (task) DO UPDATE SET digest = excluded.digest, sentence = excluded.sentence, \
                 made_at = excluded.made_at, confirmed_at = NULL WHERE digest <> excluded.digest",
                params![task.as_str(), digest, sentence, At(now)],
            )?;
            Ok(())
        })
    }

    /// Takes a person's word for a plan.
    ///
    /// # Errors
    /// If the database fails.
    pub fn confirm_plan(
        &self,
        task: &TaskName,
        digest: &str,
        sentence: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.keep_waiting_plan(task, digest, sentence, now)?;
        let (task, digest) = (task.clone(), digest.to_owned());
        self.db().write(move |tx| {
            tx.execute(
                "UPDATE waiting_plans SET confirmed_at = ?3 WHERE task = ?1 AND digest = ?2",
                params![task.as_str(), digest, At(now)],
            )?;
            Ok(())
        })
    }

    /// Forgets the plan of a task: it was carried out, or there is nothing to ask any more.
    ///
    /// # Errors
    /// If the database fails.
    pub fn forget_waiting_plan(&self, task: &TaskName) -> Result<(), StoreError> {
        let is_there = self.waiting_plans()?.iter().any(|plan| plan.task == *task);
        if !is_there {
            return Ok(());
        }
        let task = task.clone();
        self.db().write(move |tx| {
            tx.execute("DELETE FROM waiting_plans WHERE task = ?1", [task.as_str()])?;
            Ok(())
        })
    }
}
