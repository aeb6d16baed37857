//! The plan of the nights ahead, the last night, and the window: Butler's own, a Plex Media Server has none
//! (404).

use std::time::Duration;

use butler_api::TaskName;
use butler_api::v1::{DryRun, LastNight, Plan, Tasks, Window};

use crate::butler::Start;
use crate::client::Client;
use crate::error::Error;

/// A dry run reads what its task would read, a whole database say: the server gives it half an hour.
const DRY_RUN_WITHIN: Duration = Duration::from_secs(31 * 60);

impl Client {
    /// The plan of so many nights, 1 to 30.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// println!("{}", client.plan(3).await?.sentence);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn plan(&self, nights: u32) -> Result<Plan, Error> {
        self.get(&["api", "v1", "plan"]).maybe_argument("nights", Some(nights)).send().await?.json("a plan")
    }

    /// The tasks, with what Plex's list does not say of them: whether they are due, and when they begin next.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let due = client.tasks_ahead().await?.tasks.into_iter().filter(|task| task.due).count();
    /// println!("{due} tasks are due");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn tasks_ahead(&self) -> Result<Tasks, Error> {
        self.get(&["api", "v1", "tasks"]).send().await?.json("a list of tasks")
    }

    /// What a task that keeps house would do if it ran now; nothing of it is done.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// use butler_client::TaskName;
    ///
    /// for action in client.dry_run(&TaskName::GarbageCollectLibraryMedia).await?.actions {
    ///     println!("{} {}: {}", action.deed, action.path, action.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses: it knows no such task, or the task makes no plan beforehand.
    pub async fn dry_run(&self, task: &TaskName) -> Result<DryRun, Error> {
        let asked = self.get(&["api", "v1", "tasks", task.as_str(), "plan"]).within(DRY_RUN_WITHIN);
        asked.send().await?.json("a plan")
    }

    /// Confirms what waits of a task's plan, by the digest that its dry run names, and starts the task.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// use butler_client::TaskName;
    ///
    /// let task = TaskName::GarbageCollectLibraryMedia;
    /// if let Some(waits) = client.dry_run(&task).await?.waits {
    ///     println!("{}", waits.sentence);
    ///     let start = client.confirm_plan(&task, &waits.digest).await?;
    ///     println!("{:?}", start.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses: nothing waits, or the plan has changed.
    pub async fn confirm_plan(&self, task: &TaskName, digest: &str) -> Result<Start, Error> {
        let request = self.put(&["api", "v1", "tasks", task.as_str(), "plan"]);
        let request = request.argument("digest", digest).starts();
        Ok(Start::read(task, &request.act().await?))
    }

    /// What became of the last night.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// println!("{}", client.last_night().await?.sentence);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn last_night(&self) -> Result<LastNight, Error> {
        self.get(&["api", "v1", "nights", "last"]).send().await?.json("a night")
    }

    /// The maintenance window: whether it is open, and when the next one opens.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let window = client.window().await?;
    /// println!("{} ({})", window.sentence, window.zone);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn window(&self) -> Result<Window, Error> {
        self.get(&["api", "v1", "window"]).send().await?.json("a maintenance window")
    }
}
