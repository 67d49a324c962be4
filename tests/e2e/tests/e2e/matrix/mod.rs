//! The matrix: every shape of a method over every surface, asked the same questions in every cell that HTTP allows.
//!
//! `table` says which cells there are, `way` and `reader` speak the surfaces as they are on the wire, `questions` is what is
//! asked. A recording middleware stands around every server here: each call of each test is seen exactly once, to its end.

mod bench;
mod exchange;
mod forbidden;
mod once;
mod questions;
mod reader;
mod service;
mod table;
mod translated;
mod way;

use self::table::{FORBIDDEN, QUESTIONS, SHAPES, SURFACES, Verdict, WAYS, cells, verdict};

/// What the suites above ask, counted: a cell that goes missing is missed.
#[test]
fn no_cell_is_missing() {
    let (mut asked, mut idle, mut forbidden) = (0, 0, 0);
    for question in QUESTIONS {
        for (way, shape) in WAYS.iter().flat_map(|way| SHAPES.map(|shape| (*way, shape))) {
            match verdict(question, way, shape) {
                Verdict::Asked => asked += 1,
                Verdict::Idle(why) => {
                    println!("idle: {question:?} of {shape:?} over {way:?}: {why}");
                    idle += 1;
                }
                Verdict::Forbidden(_) => forbidden += 1,
            }
        }
        println!("{question:?}: {} cells", cells(question).len());
    }
    for it in &FORBIDDEN {
        println!("forbidden: {:?} over {:?} {:?}: {}", it.surface, it.wire, it.shapes, it.why);
    }
    println!("{asked} cells are asked, {idle} are idle, {forbidden} forbidden");
    // 15 ways of 4 shapes and 8 questions.
    assert_eq!((asked, idle, forbidden), (450, 14, 16));
    assert_eq!(asked + idle + forbidden, WAYS.len() * SHAPES.len() * QUESTIONS.len());
    // Every shape over every surface over every HTTP has ways, or stands among what is forbidden.
    for surface in SURFACES {
        for wire in e2e::WIRES {
            for shape in SHAPES {
                let ways =
                    WAYS.iter().filter(|way| way.surface == surface && way.wire == wire).count();
                let refused = FORBIDDEN.iter().any(|it| {
                    it.surface == surface && it.wire == wire && it.shapes.contains(&shape)
                });
                assert!(refused || ways > 0, "{shape:?} over {surface:?} over {wire:?}");
            }
        }
    }
}
