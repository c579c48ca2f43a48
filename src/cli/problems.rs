//! What is wrong, as lines: each problem with its advice, and of many so many that they can be read.

use std::collections::BTreeSet;

use super::lines::Lines;
use super::text::count_of;
use crate::error::{Problem, with_hints};

/// How many lines a list has where no more is asked for; what it leaves out is counted.
pub(super) const MOST: usize = 10;

/// The lines of each of the problems, behind a word such as `error`. Unless `all` are asked for, of many the first, and how
/// many there are besides; and of none what its message counts. `fitting` makes advice fit the call.
pub(super) fn told(
    word: &str,
    problems: &[Problem],
    all: bool,
    fitting: &dyn Fn(&str) -> String,
) -> Vec<Lines> {
    let most = if all { usize::MAX } else { MOST };
    let add_hint = |lines: &mut Lines, hint: Option<&str>| {
        let hint = hint.map(fitting).unwrap_or_default();
        hint.lines().for_each(|line| lines.add(format!("  {line}")));
    };
    let one = |(problem, hint): (&Problem, Option<&str>)| {
        let mut lines = Lines::of(&format!("{word}: {}", problem.message));
        problem.details.iter().filter(|_| all).for_each(|line| lines.add(format!("  {line}")));
        add_hint(&mut lines, hint);
        lines
    };
    let mut told: Vec<Lines> = with_hints(problems).take(most).map(one).collect();
    if let Some(more) = left_out(problems.len(), most) {
        let mut lines = Lines::of(&format!("{word}: and {more} more: -v shows all"));
        let hints: BTreeSet<&str> = with_hints(problems).skip(most).filter_map(|(_, hint)| hint).collect();
        if let [hint] = hints.into_iter().collect::<Vec<_>>()[..] {
            add_hint(&mut lines, Some(hint));
        }
        told.push(lines);
    }
    told
}

/// How many of a list are not told, if any.
fn left_out(all: usize, most: usize) -> Option<usize> {
    all.checked_sub(most).filter(|more| *more > 0)
}

/// The first lines of a list and, where they are too many, how many there are besides.
pub(super) fn first(lines: Vec<String>, all: bool, one: &str, many: &str) -> (Vec<String>, Option<String>) {
    let most = if all { usize::MAX } else { MOST };
    let more = left_out(lines.len(), most);
    let told = lines.into_iter().take(most).collect();
    (told, more.map(|more| format!("and {}: -v shows all", count_of(more, one, many))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(problems: &[Problem], all: bool) -> String {
        told("error", problems, all, &str::to_owned).iter().map(Lines::as_str).collect()
    }

    fn problems(count: usize, hint: impl Fn(usize) -> Option<String>) -> Vec<Problem> {
        let problem = |number: usize| {
            let problem = Problem::new(number.to_string()).details(vec![format!("why {number}")]);
            match hint(number) {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        };
        (0..count).map(problem).collect()
    }

    #[test]
    fn ten_are_told_and_the_others_counted_with_their_advice_once() {
        let same = |count| problems(count, |_| Some("do it".to_owned()));
        assert_eq!(text(&same(2), false), "error: 0\nerror: 1\n  do it\n");
        assert_eq!(text(&same(2), true), "error: 0\n  why 0\nerror: 1\n  why 1\n  do it\n");
        let ten = text(&same(10), false);
        assert!(ten.ends_with("error: 9\n  do it\n"), "{ten}");
        let many = text(&same(60), false);
        assert_eq!(many.lines().count(), 12);
        assert!(many.ends_with("error: 9\nerror: and 50 more: -v shows all\n  do it\n"), "{many}");
        assert_eq!(text(&same(60), true).lines().count(), 121);
    }

    #[test]
    fn advice_of_what_is_not_told_is_told_where_it_is_one() {
        let of_last = problems(20, |number| (number == 19).then(|| "do it".to_owned()));
        assert!(text(&of_last, false).ends_with("and 10 more: -v shows all\n  do it\n"));
        let each = problems(20, |number| Some(format!("do {number}")));
        assert!(text(&each, false).ends_with("  do 9\nerror: and 10 more: -v shows all\n"));
        let none = problems(20, |_| None);
        assert!(text(&none, false).ends_with("error: 9\nerror: and 10 more: -v shows all\n"));
    }

    #[test]
    fn a_list_of_lines_is_cut() {
        let lines = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(first(lines(10), false, "more file", "more files"), (lines(10), None));
        let (told, more) = first(lines(11), false, "more file", "more files");
        assert_eq!((told, more.as_deref()), (lines(10), Some("and 1 more file: -v shows all")));
        assert_eq!(first(lines(11), true, "more file", "more files"), (lines(11), None));
    }
}
