//! When what a run lacks is counted while its task's own work is still under way: once for each word of the
//! work that it came to further files, one count at a time. Pure.

/// What is known of the work and of these counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DuringWork {
    /// Files with new contents that the work came to.
    new_contents: u64,
    /// How many of these there were when the last count began.
    counted: u64,
    is_counting: bool,
}

impl DuringWork {
    /// The work came to so many files with new contents.
    pub(crate) fn came_to(&mut self, new_contents: u64) {
        self.new_contents = new_contents;
    }

    /// Whether there may be something to count, and nothing is being counted.
    pub(crate) const fn is_due(self) -> bool {
        !self.is_counting && self.new_contents != self.counted
    }

    /// A count begins.
    pub(crate) fn begins(&mut self) {
        (self.is_counting, self.counted) = (true, self.new_contents);
    }

    /// The count has ended.
    pub(crate) fn ends(&mut self) {
        self.is_counting = false;
    }

    /// Whether a count is under way.
    pub(crate) const fn is_counting(self) -> bool {
        self.is_counting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_further_files_is_worth_one_count_and_there_is_one_at_a_time() {
        let mut counts = DuringWork::default();
        assert!(!counts.is_due(), "nothing is there");
        counts.came_to(5);
        assert!(counts.is_due());
        counts.begins();
        assert!(counts.is_counting() && !counts.is_due());
        counts.came_to(9);
        assert!(!counts.is_due(), "one at a time");
        counts.ends();
        assert!(counts.is_due(), "what came meanwhile may not have been counted");
        counts.begins();
        counts.ends();
        assert!(!counts.is_due() && !counts.is_counting());
    }
}
