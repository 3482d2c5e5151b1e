//! Which files of a crate import each other, read from their text: `use` declarations and paths within the code.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module within its crate: `["bridge", "topics"]`; empty for the root.
type Module = Vec<String>;

/// Files by name, each with the files it imports.
pub struct Imports(BTreeMap<String, BTreeSet<String>>);

impl Imports {
    /// Reads a crate: files by their path below its `src`, with their text. What is only for tests is left out.
    pub fn of(files: &[(String, String)]) -> Self {
        let modules: BTreeMap<Module, &str> = files.iter().map(|(file, _)| (module(file), &**file)).collect();
        let imported = files.iter().map(|(file, text)| {
            let of = module(file);
            let found = paths(&code(text), |name| modules.contains_key(&child(&of, name)));
            let found = found.iter().filter_map(|path| target(&modules, &of, path));
            let others = found.filter(|other| *other != file && *other != "lib.rs").map(str::to_owned);
            (file.clone(), others.collect())
        });
        Imports(imported.collect())
    }

    /// Files with what each imports.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0.iter().map(|(file, imported)| (&**file, imported))
    }

    /// Everything a file imports, directly or through others.
    fn reach(&self, file: &str) -> BTreeSet<&str> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![file]);
        while let Some(file) = open.pop() {
            for next in self.0.get(file).into_iter().flatten() {
                if reached.insert(&**next) {
                    open.push(next);
                }
            }
        }
        reached
    }

    /// Groups of files each of which imports all the others, directly or through others; the largest first.
    pub fn circles(&self) -> Vec<BTreeSet<&str>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> = self.0.keys().map(|file| (&**file, self.reach(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, reached) in &reach {
            let back = |other: &&&str| reach.get(**other).is_some_and(|reached| reached.contains(file));
            let circle: BTreeSet<&str> = reached.iter().filter(back).copied().collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        let mut circles: Vec<BTreeSet<&str>> = circles.into_iter().collect();
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }
}

fn module(file: &str) -> Module {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" || path == "mod" {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

fn child(of: &[String], name: &str) -> Module {
    of.iter().cloned().chain([name.to_owned()]).collect()
}

/// The text without comments and without a test module at its end.
pub fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code: Vec<&str> = lines.collect();
    let is_test_module = |at: &usize| {
        ["#[cfg(test)]", "#[cfg(all(test,"].iter().any(|start| code[*at].trim().starts_with(start))
            && code.get(at + 1).is_some_and(|next| next.contains("mod ") && next.contains('{'))
    };
    let end = (0..code.len()).find(is_test_module).unwrap_or(code.len());
    code[..end].join("\n")
}

/// The paths that lead within the crate: those that begin with `crate`, `super` or `self`,
/// or with a module below this one.
fn paths(code: &str, is_child: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        let (before, from) = rest.split_at(start);
        let length = from.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(from.len());
        let (word, after) = from.split_at(length);
        // a restriction of who sees an item is no import
        let is_restriction = code[..code.len() - from.len()].ends_with("pub(in ");
        let is_first = !before.ends_with("::") && !before.ends_with('\'') && !is_restriction;
        let leads = matches!(word, "crate" | "super" | "self") || is_child(word);
        if is_first && leads && after.starts_with("::") {
            expand(vec![word.to_owned()], &after[2..], &mut paths);
        }
        rest = after;
    }
    paths
}

/// Takes one path apart, or all that a brace holds.
fn expand(mut path: Vec<String>, mut rest: &str, paths: &mut Vec<Vec<String>>) {
    loop {
        rest = rest.trim_start();
        if let Some(inner) = rest.strip_prefix('{') {
            for part in parts(inner) {
                expand(path.clone(), part, paths);
            }
            return;
        }
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        if !word.is_empty() && word != "self" {
            path.push(word.to_owned());
        }
        match after.strip_prefix("::") {
            Some(after) => rest = after,
            None => return paths.push(path),
        }
    }
}

/// What stands between the commas of a brace, up to its end.
fn parts(inner: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&inner[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
}

/// The file of the module a path leads to.
fn target<'a>(modules: &BTreeMap<Module, &'a str>, from: &[String], path: &[String]) -> Option<&'a str> {
    let (mut at, mut names) = (from.to_vec(), path);
    match path.first()?.as_str() {
        "crate" => (at, names) = (Vec::new(), &path[1..]),
        "self" => names = &path[1..],
        _ => {}
    }
    while names.first().is_some_and(|name| name == "super") {
        at.pop();
        names = &names[1..];
    }
    for name in names {
        let below = child(&at, name);
        if !modules.contains_key(&below) {
            break;
        }
        at = below;
    }
    modules.get(&at).copied()
}
