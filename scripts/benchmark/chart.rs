//! A chart of what was measured: bars of wall time.

use crate::Result;
use crate::report::{duration, size, thousands};
use crate::result::{Measured, Row};

const STYLE: &str = "<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px } .less { fill: #59636e; font-size: 12px }
.ours { fill: #0969da } .other { fill: #afb8c1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .less { fill: #9198a1 } .ours { fill: #4493f8 } .other { fill: #656c76 }
}
</style>";

const WIDTH: usize = 760;
/// Where bars begin, and how long the longest is.
const LEFT: usize = 290;
const BAR: f64 = 300.0;

/// Draws a world below another. A bar that is too long for the chart is cut, and says how long it is.
pub(crate) fn chart(measured: &Measured) -> Result<String> {
    let mut y = 8;
    let mut drawn = String::new();
    for world in &measured.worlds {
        let is_shown = |row: &&Row| row.tarballs.is_some() || ["one", "tar"].contains(&row.way.as_str());
        let shown: Vec<&Row> = world.rows.iter().filter(is_shown).collect();
        let longest = shown.iter().map(|row| row.wall.median).fold(0.0, f64::max);
        let longest = longest.min(2.5 * world.row("pnpm")?.wall.median);
        y += 18;
        let content = format!("{} files, {}", thousands(&world.files.to_string()), size(world.bytes as f64));
        drawn += &text(8, y, "title", &world.title);
        drawn += &text(LEFT, y, "less", &format!("{content}: wall time (CPU time)"));
        y += 8;
        for row in shown {
            let wall = row.wall.median;
            let length = (BAR * (wall / longest).min(1.0)).max(1.0).round_ties_even() as usize;
            let kind = if row.is_ours() { "ours" } else { "other" };
            let cut = if wall > longest { "→ " } else { "" };
            drawn += &text(8, y + 14, "", &row.title);
            drawn += &format!(
                "<rect x=\"{LEFT}\" y=\"{}\" width=\"{length}\" height=\"14\" rx=\"2\" class=\"{kind}\"/>\n",
                y + 3
            );
            let times = format!("{cut}{} ({})", duration(wall), duration(row.cpu.median));
            drawn += &text(LEFT + length + 6, y + 14, "less", &times);
            y += 20;
        }
        y += 8;
    }
    drawn += &text(8, y + 12, "less", &measured.machine.to_string());
    y += 22;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" viewBox=\"0 0 {WIDTH} {y}\" \
         role=\"img\" aria-label=\"How long packing takes\">\n{STYLE}\n{drawn}</svg>\n"
    ))
}

fn text(x: usize, y: usize, kind: &str, words: &str) -> String {
    let class = if kind.is_empty() { String::new() } else { format!(" class=\"{kind}\"") };
    format!("<text x=\"{x}\" y=\"{y}\"{class}>{}</text>\n", words.replace('&', "&amp;").replace('<', "&lt;"))
}
