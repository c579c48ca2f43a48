//! What is remembered of builds.

use std::fs;
use std::process::Stdio;

use crate::common::Run;
use crate::scene::Scene;

#[test]
fn a_record_that_is_damaged_or_gone_costs_a_build() {
    let scene = Scene::new(&[("a", ""), ("b", "")]);
    assert_eq!(scene.built().len(), 3);
    let records = scene.records();
    assert_eq!(records.len(), 2);
    let text = fs::read_to_string(&records[0]).unwrap();
    for damaged in [String::new(), text[..text.len() / 2].to_owned(), text.replacen("own", "0wn", 1)] {
        fs::write(&records[0], damaged).unwrap();
        assert_eq!(scene.planned().len(), 1);
    }
    fs::write(&records[0], fs::read(&records[1]).unwrap()).unwrap();
    assert_eq!(scene.planned().len(), 1, "another package's");
    assert_eq!(scene.built().len(), 1);
    assert_eq!(scene.planned(), "");
}

#[test]
fn two_at_once_do_no_harm() {
    let scene = Scene::new(&[("a", "")]);
    let spawn = |out: &str| {
        let mut program = scene.program(&["pack", "--build", "--out", out]);
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [spawn("../one"), spawn("../two")];
    for child in both {
        Run::from(child.wait_with_output().unwrap()).exits(0);
    }
    assert_eq!(scene.records().len(), 1, "nothing else is left");
    assert_eq!(scene.planned(), "");
}
