//! A finding, its severity, and what to do about it.

use serde::Serialize;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Something does not work, or loses data that it should keep.
    Problem,
    /// It works until something else happens.
    Warning,
    /// Worth knowing.
    Note,
}

/// A fault, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The severity.
    pub grade: Grade,
    /// A stable name, for scripts that want to ignore it.
    pub check: &'static str,
    /// What was found, and where.
    pub found: String,
    /// What to do.
    pub advice: String,
}

impl Finding {
    /// Something does not work.
    pub fn problem(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { grade: Grade::Problem, check, found: found.into(), advice: advice.into() }
    }

    /// It works until something else happens.
    pub fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { grade: Grade::Warning, check, found: found.into(), advice: advice.into() }
    }

    /// Worth knowing.
    pub fn note(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { grade: Grade::Note, check, found: found.into(), advice: advice.into() }
    }
}

/// The subjects that were checked, and the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The subjects that were checked, one phrase each.
    pub examined: Vec<String>,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Adds a part.
    pub fn add(&mut self, examined: impl Into<String>, findings: Vec<Finding>) {
        self.examined.push(examined.into());
        for finding in findings {
            // a node may report what the check of its configuration has already found
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
        self.findings.sort_by_key(|finding| finding.grade); // stable: the parts keep their order
    }

    /// The number of findings of a grade.
    pub fn count(&self, grade: Grade) -> usize {
        self.findings.iter().filter(|finding| finding.grade == grade).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first_and_nothing_twice() {
        let mut report = Report::default();
        report.add("one", vec![Finding::note("a", "x", "y"), Finding::warning("b", "x", "y")]);
        report.add("two", vec![Finding::problem("c", "x", "y"), Finding::warning("b", "x", "y")]);
        assert_eq!(report.findings.iter().map(|it| it.check).collect::<String>(), "cba");
        assert_eq!((report.count(Grade::Problem), report.count(Grade::Warning)), (1, 1));
    }
}
