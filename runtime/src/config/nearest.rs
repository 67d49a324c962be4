//! The advice at the end of a message about a name that nobody knows.

/// `; did you mean ...?` where a known name is close, else the names that are known.
pub(crate) fn advice<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let close = known
        .clone()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= candidate.len().max(name.len()) / 2
                || name.starts_with(candidate)
                || candidate.starts_with(name)
        })
        .min();
    match close {
        Some((_, candidate)) => format!("; did you mean `{candidate}`?"),
        None => {
            let known: Vec<_> = known.collect();
            if known.is_empty() { String::new() } else { format!("; known here: {}", list(&known)) }
        }
    }
}

/// `one of `text`, `json``, or the only name there is.
pub(crate) fn one_of(names: &[&str]) -> String {
    match names {
        [only] => format!("`{only}`"),
        _ => format!("one of {}", list(names)),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// How many letters must change, be added or taken away.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
