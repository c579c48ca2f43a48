//! Lockfiles that are cut, mixed up or made to hurt.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::ours;
use super::texts::{BUN, PNPM_6, PNPM_9, YARN_1, YARN_4, npm};
use crate::hostile::ends;
use crate::lockfile::*;

fn all() -> Vec<(Name, String)> {
    let texts = [
        (Name::Pnpm, PNPM_9),
        (Name::Pnpm, PNPM_6),
        (Name::Yarn, YARN_1),
        (Name::Yarn, YARN_4),
        (Name::Bun, BUN),
    ];
    texts.into_iter().map(|(name, text)| (name, text.to_owned())).chain([(Name::Npm, npm())]).collect()
}

fn read_everything(manager: Name, text: &str, importer: &str) {
    let _ = strays(manager, text, &ours);
    let _ = mended(manager, text, text, &ours);
    let before = pins(manager, text, &ours);
    // A seed pins nothing that the whole does not.
    if let (Ok(before), Ok(seed)) = (before, seed(manager, text, importer, &ours))
        && let Ok(after) = pins(manager, &seed, &ours)
    {
        assert_eq!(differences(&before, &after), []);
    }
}

#[test]
fn no_depth_and_no_knot_keeps_a_reader() {
    ends("lockfiles", || {
        let deep = 100_000;
        for manager in Name::ALL {
            for text in [
                "[".repeat(deep),
                format!("{{\"packages\": {}", "{\"a\":".repeat(deep)),
                format!("{{\"lockfileVersion\": 1, \"workspaces\": {{\"\": {}}}}}", "[".repeat(deep)),
                "/*".repeat(deep),
                ",]".repeat(deep),
                format!("\"{}", "\\".repeat(deep)),
                format!("# yarn lockfile v1\n{}", "? a@1:\n".repeat(deep)),
                format!("lockfileVersion: '9.0'\n{}", "\n---\n".repeat(deep)),
            ] {
                read_everything(manager, &text, "");
                read_everything(manager, &text, "backend");
            }
        }
    });
    ends("a knot", || {
        // Each needs all the others, and the surface has each at another version.
        let names: Vec<String> = (0..14).map(|i| format!("p{i}")).collect();
        let needs: Value = names.iter().map(|name| (name.clone(), json!("1"))).collect();
        let mut packages =
            json!({"": {}, "backend": {}, "node_modules/user": {"version": "1.0.0", "dependencies": needs}});
        for name in &names {
            packages[format!("node_modules/{name}")] = json!({"version": "1.0.0", "dependencies": needs});
            packages[format!("backend/node_modules/{name}")] = json!({"version": "2.0.0"});
        }
        let text = json!({"lockfileVersion": 3, "packages": packages}).to_string();
        read_everything(Name::Npm, &text, "backend");
    });
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>(), importer in "[a-z./]{0,9}") {
        for manager in Name::ALL {
            read_everything(manager, &text, &importer);
        }
    }

    #[test]
    fn no_cut_and_no_change_makes_a_reader_panic(
        which in 0_usize..6, from in 0_usize..3000, to in 0_usize..3000, put in r#"["',:{}\[\]@/a1 \n\t?#*-]{0,4}"#,
        importer in prop_oneof![Just(""), Just("backend"), Just("web")],
    ) {
        let (manager, mut text) = all().swap_remove(which);
        let place = |at: usize| {
            let at = at % (text.len() + 1);
            (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
        };
        let (from, to) = (place(from), place(to));
        // Cut off, or a piece changed for another.
        text.replace_range(from.min(to)..from.max(to).min(from.min(to) + 40), &put);
        read_everything(manager, &text, importer);
        let end = (0..=to.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        read_everything(manager, &text, importer);
    }
}
