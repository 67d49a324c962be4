//! How long one look-up in the route table takes, with ten to ten thousand operations.
//!
//! The table is private to the runtime, as it should be, so its source is compiled into this binary.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use http::Method;

use crate::route::{Builder, Found, Route};

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const BATCHES: usize = 15;
const LOOKUPS: usize = 50_000;

/// The kinds of path that are looked up, each as the route of operation `index` and as a request's path to it.
struct Kind {
    title: &'static str,
    template: fn(usize) -> String,
    path: fn(usize) -> String,
}

const KINDS: [Kind; 3] = [
    Kind {
        title: "gRPC and exact paths",
        template: |index| format!("/library.v1.Shelf{index}/GetBook"),
        path: |index| format!("/library.v1.Shelf{index}/GetBook"),
    },
    Kind {
        title: "one variable",
        template: |index| format!("/v1/shelves{index}/{{id}}"),
        path: |index| format!("/v1/shelves{index}/b-{index}"),
    },
    Kind {
        title: "two variables",
        template: |index| format!("/v1/shelves{index}/{{shelf}}/books/{{book}}"),
        path: |index| format!("/v1/shelves{index}/s-{index}/books/b-{index}"),
    },
];

/// Measures and prints every kind and size.
pub(crate) fn run() -> Result<()> {
    println!(
        "One look-up in the route table, ns: the median of {BATCHES} batches of {LOOKUPS}, every path in turn.\n"
    );
    print!("{:<24}", "");
    SIZES.iter().for_each(|size| print!("{size:>10}"));
    println!();
    for kind in &KINDS {
        print!("{:<24}", kind.title);
        for size in SIZES {
            print!("{:>10.0}", lookup(kind, size)?.as_secs_f64() * 1e9);
        }
        println!();
    }
    Ok(())
}

fn lookup(kind: &Kind, size: usize) -> Result<Duration> {
    let mut builder = Builder::default();
    for index in 0..size {
        let route = Route { operation: index, binding: Some(0) };
        builder.binding(route, &format!("operation {index}"), "GET", &(kind.template)(index));
    }
    let table = builder.build().map_err(|conflicts| anyhow::anyhow!(conflicts.join("; ")))?;
    let paths: Vec<String> = (0..size).map(kind.path).collect();
    for (index, path) in paths.iter().enumerate() {
        let found = table.find(&Method::GET, path);
        ensure!(
            matches!(&found, Found::Route(route, _) if route.operation == index),
            "{path} led to {found:?}"
        );
    }
    let mut batches: Vec<Duration> = (0..BATCHES)
        .map(|_| {
            let began = Instant::now();
            for path in paths.iter().cycle().take(LOOKUPS) {
                black_box(table.find(black_box(&Method::GET), black_box(path)));
            }
            began.elapsed()
        })
        .collect();
    batches.sort();
    Ok(batches[BATCHES / 2] / LOOKUPS as u32)
}
