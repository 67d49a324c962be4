//! The rules of the table: what is most specific, what conflicts, what a variable takes, how paths are spelled.

use http::Method;

use super::{Builder, Found, Route, Table, Template};

/// A table of `VERB template` lines; the operation is the line's index.
fn builder(lines: &[&str]) -> Builder {
    let mut builder = Builder::default();
    for (operation, line) in lines.iter().enumerate() {
        let (verb, path) = line.split_once(' ').unwrap();
        let route = Route { operation, binding: Some(0) };
        match verb {
            "RPC" => builder.rpc(operation, path),
            _ => builder.binding(route, &format!("Op{operation}"), verb, path),
        }
    }
    builder
}

fn table(lines: &[&str]) -> Table {
    builder(lines).build().unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

/// The operation and what its variables took, or the `Allow` of a 405, or `-`.
fn find(table: &Table, method: Method, path: &str) -> String {
    match table.find(&method, path) {
        Found::Route(route, captures) => {
            let took = captures.iter().map(|&(start, end)| &path[start as usize..end as usize]);
            let took: Vec<_> = took.collect();
            format!("{} {}", route.operation, took.join(" ")).trim_end().to_owned()
        }
        Found::Options(allow) => format!("options {}", allow.to_str().unwrap()),
        Found::MethodNotAllowed(allow) => format!("405 {}", allow.to_str().unwrap()),
        Found::Nothing => "-".to_owned(),
    }
}

fn get(table: &Table, path: &str) -> String {
    find(table, Method::GET, path)
}

#[test]
fn the_most_specific_template_wins_whatever_the_order() {
    let mut lines =
        ["GET /v1/{name=**}", "GET /v1/users/{id}", "GET /v1/users/me", "GET /v1/{kind}/{id}"];
    for _ in 0..lines.len() {
        lines.rotate_left(1);
        let table = table(&lines);
        let at = |template: &str| lines.iter().position(|line| line.ends_with(template)).unwrap();
        assert_eq!(get(&table, "/v1/users/me"), format!("{}", at("/me")));
        assert_eq!(get(&table, "/v1/users/7"), format!("{} 7", at("users/{id}")));
        assert_eq!(get(&table, "/v1/books/7"), format!("{} books 7", at("{kind}/{id}")));
        assert_eq!(get(&table, "/v1/a/b/c"), format!("{} a/b/c", at("**}")));
    }
}

#[test]
fn a_dead_end_is_left_again() {
    let table = table(&["GET /a/{x}/c", "GET /{y}/b/d", "GET /{z}/b/**", "POST /a/{x}/d"]);
    assert_eq!(get(&table, "/a/b/c"), "0 b");
    assert_eq!(get(&table, "/a/b/d"), "1 a");
    assert_eq!(get(&table, "/a/b/e"), "2 a");
    assert_eq!(find(&table, Method::POST, "/a/b/d"), "3 b");
}

#[test]
fn variables_take_the_segments_of_their_pattern() {
    let table = table(&[
        "GET /v1/{name=shelves/*}",
        "GET /v1/{parent=shelves/*}/books/{book.id}",
        "GET /v2/{name=files/**}",
        "GET /v3/*/{id}/**",
        "GET /v4/{all=**}",
    ]);
    assert_eq!(get(&table, "/v1/shelves/1"), "0 shelves/1");
    assert_eq!(get(&table, "/v1/shelves/1/books/2"), "1 shelves/1 2");
    assert_eq!(get(&table, "/v1/shelves"), "-");
    assert_eq!(get(&table, "/v1/shelves/1/2"), "-");
    assert_eq!(get(&table, "/v2/files/a/b"), "2 files/a/b");
    assert_eq!(get(&table, "/v2/files"), "2 files");
    assert_eq!(get(&table, "/v3/x/7/any/thing"), "3 7");
    assert_eq!(get(&table, "/v4"), "4");
}

#[test]
fn a_verb_is_the_text_after_the_last_colon_where_a_template_has_it() {
    let table = table(&[
        "POST /v1/{id}",
        "POST /v1/{id}:cancel",
        "POST /v1/{name=a/**}:undo",
        "POST /v1/users:batch",
    ]);
    let post = |path| find(&table, Method::POST, path);
    assert_eq!(post("/v1/7:cancel"), "1 7");
    assert_eq!(post("/v1/7"), "0 7");
    assert_eq!(post("/v1/urn:x:7:cancel"), "1 urn:x:7");
    assert_eq!(post("/v1/urn:x"), "0 urn:x", "an unknown verb is part of the value");
    assert_eq!(post("/v1/7:undo"), "0 7:undo", "a verb of another template is part of the value");
    assert_eq!(post("/v1/7%3Acancel"), "0 7%3Acancel", "an escaped colon is part of the value");
    assert_eq!(post("/v1/a/b/c:undo"), "2 a/b/c");
    assert_eq!(post("/v1/users:batch"), "3");
    assert_eq!(post("/v1/:cancel"), "0 :cancel", "no variable takes an empty segment");
}

#[test]
fn escapes_in_literal_places_do_not_matter_and_slashes_do() {
    let table = table(&["GET /caf%C3%A9/{id}", "GET /a%20b", "GET /100%25"]);
    for spelling in ["/caf%C3%A9/1", "/caf%c3%a9/1", "/%63af%C3%A9/1", "/café/1"] {
        assert_eq!(find(&table, Method::GET, spelling), "0 1", "{spelling}");
    }
    assert_eq!(get(&table, "/%61%20b"), "1");
    assert_eq!(get(&table, "/100%25"), "2");
    assert_eq!(get(&table, "/caf%C3%A9%2F1"), "-", "an escaped slash does not part segments");
    assert_eq!(get(&table, "/caf%C3%A9/1%2F2"), "0 1%2F2");
}

#[test]
fn a_percent_sign_that_begins_no_escape_begins_none_with_what_follows() {
    let table = table(&["GET /%%341", "GET /b/%", "GET /c/{id}"]);
    assert_eq!(get(&table, "/%41"), "-", "the letter A is not what the template says");
    for spelling in ["/%%341", "/%2541", "/%25%341"] {
        assert_eq!(get(&table, spelling), "0", "{spelling}");
    }
    assert_eq!(get(&table, "/b/%"), "1");
    assert_eq!(get(&table, "/b/%25"), "1");
    assert_eq!(get(&table, "/c/%%341"), "2 %%341", "what is captured is raw");
}

#[test]
fn a_variable_that_can_only_be_one_text_is_captured() {
    let table = table(&[
        "GET /v1/{kind=plain}",
        "GET /v1/{kind=plain}:go",
        "POST /v1/plain",
        "GET /{path=a/b}/c",
    ]);
    assert_eq!(get(&table, "/v1/plain"), "0 plain");
    assert_eq!(get(&table, "/v1/plain:go"), "1 plain");
    assert_eq!(find(&table, Method::POST, "/v1/plain"), "2");
    assert_eq!(get(&table, "/a/b/c"), "3 a/b");
    assert_eq!(get(&table, "/a/c/c"), "-");
    let mistakes = builder(&["GET /v1/{kind=plain}", "GET /v1/plain", "GET /{a=v1}/{b=plain}"]);
    let mistakes = mistakes.build().err().unwrap();
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
}

#[test]
fn empty_segments_and_closing_slashes_are_other_paths() {
    let table = table(&["GET /", "GET /v1/{id}", "GET /v2", "GET /v3/{rest=**}"]);
    assert_eq!(get(&table, "/"), "0");
    for path in ["/v1/", "/v1//", "/v1/7/", "//v1/7", "/v2/", "/v3/a//b", "/v3/", "", "v2", "*"] {
        assert_eq!(get(&table, path), "-", "{path}");
    }
}

#[test]
fn head_is_answered_by_get_unless_declared() {
    let table = table(&["GET /a", "GET /b/{x}", "HEAD /b/{x}", "POST /c"]);
    assert_eq!(find(&table, Method::HEAD, "/a"), "0");
    assert_eq!(find(&table, Method::HEAD, "/b/1"), "2 1");
    assert_eq!(find(&table, Method::HEAD, "/c"), "405 OPTIONS, POST");
}

#[test]
fn other_methods_are_told_what_is_allowed() {
    let table =
        table(&["GET /a/b", "DELETE /a/{x}", "PUT /{y}/b", "RPC /p.S/M", "* /any", "GET /any"]);
    assert_eq!(find(&table, Method::PATCH, "/a/b"), "405 DELETE, GET, HEAD, OPTIONS, PUT");
    assert_eq!(find(&table, Method::OPTIONS, "/a/c"), "options DELETE, OPTIONS");
    assert_eq!(find(&table, Method::POST, "/p.S/M"), "3");
    assert_eq!(find(&table, Method::GET, "/p.S/M"), "405 OPTIONS, POST");
    assert_eq!(find(&table, Method::TRACE, "/any"), "4");
    assert_eq!(find(&table, Method::GET, "/any"), "5");
    assert_eq!(find(&table, Method::OPTIONS, "/nowhere"), "-");
}

#[test]
fn a_literal_path_does_not_hide_a_template_for_another_method() {
    let table = table(&["GET /v1/users", "DELETE /v1/{kind}"]);
    assert_eq!(find(&table, Method::DELETE, "/v1/users"), "1 users");
}

#[test]
fn every_conflict_is_reported_with_both_operations() {
    let mistakes = builder(&[
        "GET /v1/{id}",
        "GET /v1/{name}",
        "GET /v1/*",
        "POST /v1/{id}",
        "POST /v1/{id}:go",
        "POST /v1/{x=*}:go",
        "GET /lit",
        "GET /lit",
        "GET /%6Cit",
        "G{T /x",
        "GET x",
        "RPC /p.S/M",
        "POST /p.S/M",
    ])
    .build()
    .err()
    .unwrap();
    assert_eq!(
        mistakes,
        [
            "Op1 with GET /v1/{name} and Op0 with GET /v1/{id} answer the same paths",
            "Op2 with GET /v1/* and Op0 with GET /v1/{id} answer the same paths",
            "Op5 with POST /v1/{x=*}:go and Op4 with POST /v1/{id}:go answer the same paths",
            "Op7 and Op6 both answer GET /lit",
            "Op8 with GET /%6Cit and Op6 with GET /lit answer the same paths",
            "Op9: `G{T` is not an HTTP method",
            "Op10: `x`: a path template starts with `/`",
            "Op12 and /p.S/M both answer POST /p.S/M",
        ]
    );
}

#[test]
fn a_bad_template_says_what_is_wrong() {
    for (template, says) in [
        ("v1", "starts with `/`"),
        ("/v1/", "a segment is empty"),
        ("/v1//x", "a segment is empty"),
        ("/**/x", "`**` must be the last segment"),
        ("/{a=**}/x", "`**` must be the last segment"),
        ("/{a", "has no closing `}`"),
        ("/{a}b", "a variable is a whole segment"),
        ("/b{a}", "cannot stand inside the segment"),
        ("/{a}}", "a variable is a whole segment"),
        ("/a*", "cannot stand inside the segment"),
        ("/{}", "is not a field name"),
        ("/{a..b}", "is not a field name"),
        ("/{1a}", "is not a field name"),
        ("/{a}/{a}", "set the same field"),
        ("/{a}/{a.b}", "set the same field"),
        ("/a:b/c", "cannot stand inside the segment"),
        ("/{a={b}}", "holds another variable"),
        ("/{a=}", "a segment is empty"),
        ("/a:", "a word after the colon"),
        ("/a?b=c", "`?` cannot stand"),
        ("/a b", "cannot stand"),
    ] {
        match Template::parse(template) {
            Err(error) => assert!(error.contains(says), "{template}: {error}"),
            Ok(parsed) => panic!("{template}: {parsed:?}"),
        }
    }
}

#[test]
fn a_template_tells_single_variables_from_wider_ones() {
    let parsed = Template::parse("/v1/{a.b}/{c=x/*}/{d=y}/{e=**}:go").unwrap();
    let names: Vec<_> = parsed.variables.iter().map(|it| it.path.join(".")).collect();
    let single: Vec<_> = parsed.variables.iter().map(|it| it.is_single()).collect();
    assert_eq!(names, ["a.b", "c", "d", "e"]);
    assert_eq!(single, [true, false, true, false]);
    assert_eq!(parsed.verb, Some("go"));
}

proptest::proptest! {
    /// Whatever a peer or a user writes, neither the parser nor the lookup panics.
    #[test]
    fn nothing_panics(template in "[/a-b{}=*.:%F]{0,24}", path in "[/a-b%2F:é]{0,24}") {
        let mut builder = Builder::default();
        builder.binding(Route { operation: 0, binding: Some(0) }, "Op", "GET", &template);
        builder.binding(Route { operation: 1, binding: Some(0) }, "Any", "GET", "/{a}/**");
        if let Ok(table) = builder.build() {
            let _ = table.find(&Method::GET, &path);
            let _ = table.find(&Method::PUT, &path);
        }
    }

    /// The trie agrees with the plainest reading of the rules: try every template, segment by segment.
    #[test]
    fn the_trie_finds_what_trying_every_template_finds(
        templates in proptest::collection::hash_set("(/(a|b|\\*)){1,4}(/\\*\\*)?", 1..12),
        path in "(/[abc]){1,5}",
    ) {
        let templates: Vec<String> = templates.into_iter().collect();
        let lines: Vec<String> = templates.iter().map(|it| format!("GET {it}")).collect();
        let table = table(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let segments: Vec<&str> = path[1..].split('/').collect();
        let expected = templates
            .iter()
            .enumerate()
            .filter_map(|(index, template)| Some((rank(template, &segments)?, index)))
            .max();
        let expected = expected.map_or("-".to_owned(), |(_, index)| index.to_string());
        proptest::prop_assert_eq!(find(&table, Method::GET, &path), expected);
    }
}

/// How specific a template is for a path, segment by segment; `None` where it does not have the path.
fn rank(template: &str, path: &[&str]) -> Option<Vec<u8>> {
    let mut rank = Vec::new();
    let mut rest = path.iter();
    for part in template[1..].split('/') {
        if part == "**" {
            return Some(rank);
        }
        let segment = rest.next()?;
        rank.push(match part {
            "*" => 1,
            _ if part == *segment => 2,
            _ => return None,
        });
    }
    // Ending exactly here says more than taking whatever may follow.
    rank.push(0);
    rest.next().is_none().then_some(rank)
}
