use super::*;

#[test]
fn laid_over_files_lie_below_the_context_and_not_below_each_other() {
    let check = |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        check_paths(&paths).map_err(|(path, _)| path.to_owned())
    };
    assert_eq!(check(&["a", "a.b/c", "a-b", "b/c/d"]), Ok(()));
    for path in ["", "/a", "a/", "a//b", "./a", "a/../b", "..", "a\0"] {
        assert_eq!(check(&["x", path]), Err(path.to_owned()));
    }
    assert_eq!(check(&["a", "a.b", "a/b/c"]), Err("a/b/c".to_owned()));
}

#[test]
fn what_is_below_a_folder() {
    let paths: BTreeMap<String, u8> =
        ["a", "a-b/x", "a/b", "a/c/d", "b"].iter().map(|path| ((*path).to_owned(), 0)).collect();
    let found = |folder| below(&paths, folder).map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(found("a"), ["b", "c/d"]);
    assert_eq!(found("a/c"), ["d"]);
    assert_eq!(found(""), ["a", "a-b/x", "a/b", "a/c/d", "b"]);
    assert_eq!(found("c"), [""; 0]);
}

#[test]
fn names_of_other_builds() {
    let names =
        [".run", "a", "a.index", "b", "b.index", "c.index.tmp", "d.index"].map(str::to_owned).to_vec();
    let keep = BTreeSet::from(["a".to_owned()]);
    assert_eq!(names_of_others(names, &keep), ["b", "c", "d"]);
}
