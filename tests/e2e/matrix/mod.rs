//! Every package manager that a surface may be installed with, for real: `docker-prep prepare`, what a Dockerfile copies,
//! an install. The only registry is one on the loopback that logs each request, and none may be for a package in scope;
//! afterwards every package of the closure must lie where Node.js looks for it, byte for byte as it was packed.

mod lockfile;
mod product;
mod row;
mod rules;
mod site;
mod table;
mod tarball;
mod traps;

use crate::common::manager::Manager;

macro_rules! rows {
    ($($test:ident: $name:literal $version:literal $link:literal,)*) => {
        $(
            #[test]
            fn $test() {
                table::assert_as_known(Manager { name: $name, version: $version }, $link);
            }
        )*

        #[test]
        fn every_package_manager_has_its_rows() {
            let here = [$((Manager { name: $name, version: $version }, $link)),*];
            let all = Manager::all().into_iter().flat_map(|manager| table::links(manager).map(|link| (manager, link)));
            for (manager, link) in all {
                assert!(here.contains(&(manager, link)), "{manager}, --link {link}: no test");
            }
        }
    };
}

// One test each, so that one that fails says which, and they run side by side.
rows! {
    pnpm_8: "pnpm" "8.15.9" "auto",
    pnpm_8_tarballs: "pnpm" "8.15.9" "tarballs",
    pnpm_9: "pnpm" "9.15.9" "auto",
    pnpm_9_tarballs: "pnpm" "9.15.9" "tarballs",
    pnpm_10_6: "pnpm" "10.6.5" "auto",
    pnpm_10_6_tarballs: "pnpm" "10.6.5" "tarballs",
    pnpm_10_34: "pnpm" "10.34.9" "auto",
    pnpm_10_34_tarballs: "pnpm" "10.34.9" "tarballs",
    pnpm_11: "pnpm" "11.28.11" "auto",
    pnpm_11_overrides: "pnpm" "11.28.11" "overrides",
    pnpm_12: "pnpm" "12.21.0" "auto",
    pnpm_12_overrides: "pnpm" "12.21.0" "overrides",
    npm_10: "npm" "10.9.9" "auto",
    npm_10_overrides: "npm" "10.9.9" "overrides",
    npm_11: "npm" "11.21.2" "auto",
    npm_11_overrides: "npm" "11.21.2" "overrides",
    yarn_1: "yarn" "1.22.22" "auto",
    yarn_1_tarballs: "yarn" "1.22.22" "tarballs",
    yarn_4: "yarn" "4.18.1" "auto",
    yarn_4_tarballs: "yarn" "4.18.1" "tarballs",
    bun: "bun" "1.4.5" "auto",
    bun_overrides: "bun" "1.4.5" "overrides",
}
