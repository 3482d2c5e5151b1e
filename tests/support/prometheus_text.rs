//! A strict reader of the Prometheus text format: what it accepts, every scraper does.
//!
//! Rules (exposition format 0.0.4, and what `promtool check metrics` asks for): a family stands in one piece, `HELP`
//! and `TYPE` once before its samples; names and labels follow the grammar; no series twice; counters end in `_total`;
//! histograms have growing buckets up to `+Inf`, which equals `_count`.

use std::collections::{BTreeMap, BTreeSet};

/// A family of samples.
#[derive(Debug, Default)]
pub struct Family {
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// In the order of the page.
    pub samples: Vec<Sample>,
}

/// Name and value of each label, in order.
pub type Labels = Vec<(String, String)>;

/// One line.
#[derive(Debug)]
pub struct Sample {
    /// The family's name, for histograms with a suffix.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// Reads a page of metrics; `Err` says which line breaks which rule.
pub fn parse(page: &str) -> Result<BTreeMap<String, Family>, String> {
    if !page.ends_with('\n') {
        return Err("the last line does not end".into());
    }
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut current = String::new();
    for line in page.lines().filter(|line| !line.is_empty()) {
        let broken = |rule: &str| Err(format!("{rule}: {line}"));
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let Some((name, text)) = rest.split_once(' ') else { return broken("HELP without text") };
            if text.trim().is_empty() || !helped.insert(name.to_string()) {
                return broken("HELP empty or twice");
            }
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let Some((name, kind)) = rest.split_once(' ') else { return broken("TYPE without type") };
            if !is_name(name) || !helped.contains(name) || !["counter", "gauge", "histogram"].contains(&kind) {
                return broken("TYPE of a bad name, without HELP before it, or unknown");
            }
            if families.insert(name.into(), Family { kind: kind.into(), samples: Vec::new() }).is_some() {
                return broken("family in two pieces");
            }
            current = name.to_string();
        } else if line.starts_with('#') {
            return broken("comment that is neither HELP nor TYPE");
        } else {
            let sample = sample(line)?;
            let Some(family) = families.get_mut(&current) else { return broken("sample before TYPE") };
            let suffixes: &[&str] = if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            if !suffixes.iter().any(|suffix| sample.name == format!("{current}{suffix}")) {
                return broken("sample outside its family");
            }
            if !seen.insert((sample.name.clone(), sample.labels.iter().cloned().collect::<BTreeSet<_>>())) {
                return broken("series twice");
            }
            family.samples.push(sample);
        }
    }
    families.iter().try_for_each(|(name, family)| check_family(name, family))?;
    Ok(families)
}

fn check_family(name: &str, family: &Family) -> Result<(), String> {
    match &*family.kind {
        "counter" if !name.ends_with("_total") => Err(format!("counter without _total: {name}")),
        "counter" if family.samples.iter().any(|sample| sample.value < 0.0) => Err(format!("negative counter: {name}")),
        "gauge" if name.ends_with("_total") => Err(format!("gauge with _total: {name}")),
        "histogram" => check_histogram(name, family),
        _ => Ok(()),
    }
}

fn check_histogram(name: &str, family: &Family) -> Result<(), String> {
    let mut buckets: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for Sample { name: sample, labels, value } in &family.samples {
        if sample.ends_with("_bucket") {
            let (bound, others): (Vec<_>, Vec<_>) = labels.iter().cloned().partition(|(label, _)| label == "le");
            let [(_, bound)] = &bound[..] else { return Err(format!("bucket without le: {name}")) };
            buckets.entry(others).or_default().push((number(bound)?, *value));
        }
    }
    for (labels, buckets) in &buckets {
        let grows = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let count = family.samples.iter().find(|it| it.name.ends_with("_count") && it.labels == *labels);
        let last = buckets.last().copied();
        if !grows || last.map(|(bound, _)| bound) != Some(f64::INFINITY) {
            return Err(format!("buckets that do not grow up to +Inf: {name} {labels:?}"));
        }
        if last.map(|(_, value)| value) != count.map(|sample| sample.value) {
            return Err(format!("+Inf bucket is not _count: {name} {labels:?}"));
        }
    }
    Ok(())
}

fn sample(line: &str) -> Result<Sample, String> {
    let broken = || format!("not a sample: {line}");
    let (series, value) = line.rsplit_once(' ').ok_or_else(broken)?;
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, labels(rest.strip_suffix('}').ok_or_else(broken)?).ok_or_else(broken)?),
        None => (series, Vec::new()),
    };
    if !is_name(name) {
        return Err(broken());
    }
    Ok(Sample { name: name.into(), labels, value: number(value)? })
}

/// `a="1",b="x\"y"`; `None` when it is not that.
fn labels(mut text: &str) -> Option<Labels> {
    let mut labels = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        if !is_name(name) || name.contains(':') || labels.iter().any(|(other, _)| other == name) {
            return None;
        }
        let end = closing_quote(rest)?;
        labels.push((name.to_string(), rest[..end].to_string()));
        text = &rest[end + 1..];
        if !text.is_empty() {
            text = text.strip_prefix(',')?;
        }
    }
    Some(labels)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        _ => text.parse().map_err(|_| format!("not a number: {text}")),
    }
}

fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':';
    text.bytes().next().is_some_and(letter) && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[test]
fn breaches_of_the_format_are_found() {
    let head = "# HELP a_total x\n# TYPE a_total counter\n";
    assert!(parse(&format!("{head}a_total{{k=\"v,\\\"w\"}} 1\n")).is_ok());
    for broken in [
        "a_total 1\n".to_string(),
        format!("{head}a_total 1"),
        format!("{head}b_total 1\n"),
        format!("{head}a_total x\n"),
        format!("{head}a_total 1\na_total 2\n"),
        format!("{head}a_total{{k=\"v}} 1\n"),
        format!("{head}a_total{{0k=\"v\"}} 1\n"),
        format!("{head}a_total 1\n{head}"),
        "# HELP a x\n# TYPE a counter\na 1\n".to_string(),
        "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"
            .to_string(),
        "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n".to_string(),
    ] {
        assert!(parse(&broken).is_err(), "accepted:\n{broken}");
    }
}
