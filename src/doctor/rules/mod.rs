//! The rules, a file each. A folder beside each file, named by its id, holds inputs on which it fires and inputs that it
//! passes, which the tests of this room go through.

use super::rule::Rule;

/// Takes a rule's file in: its `RULE` stands in the list.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// All of them, by their numbers.
        pub(crate) static ALL: &[&Rule] = &[$(&$module::RULE,)*];
    };
}

rules! {
    dp001_ignore_ineffective,
    dp101_lockfile_ignored,
    dp102_deps_dir_ignored,
    dp103_host_modules_copied,
    dp104_git_copied,
    dp105_env_copied,
    dp106_pattern_root_only,
    dp107_ignore_file_unread,
    dp108_ignore_file_missing,
    dp201_scope_registry_missing,
    dp202_registry_loopback,
    dp203_npmrc_variable_unread,
    dp204_npmrc_token_literal,
    dp205_token_for_other_host,
    dp206_npmrc_key_unread,
    dp207_tls_unchecked,
    dp301_no_registry_path,
    dp302_registry_arg_inert,
    dp303_arg_not_in_stage,
    dp304_arg_after_install,
    dp305_arg_busts_install,
    dp306_secret_not_mounted,
    dp307_secret_not_passed,
    dp308_deps_dir_must_exist,
    dp309_deps_dir_not_reached,
    dp310_install_input_missing,
    dp401_build_arg_missing,
    dp402_build_arg_undeclared,
    dp403_build_host_unresolved,
    dp404_build_path_missing,
    dp501_no_cache_mount,
    dp502_cache_mount_elsewhere,
    dp503_cache_mount_unwritable,
    dp504_sources_before_install,
    dp505_manager_installed_late,
    dp506_tree_stored_twice,
    dp507_dev_deps_shipped,
    dp601_manager_differs,
    dp602_manager_unpinned,
    dp603_corepack_absent,
    dp604_node_too_old,
    dp605_lock_beyond_context,
    dp606_not_locked,
    dp607_overrides_unread,
    dp608_setting_env_unread,
    dp609_production_before_build,
    dp701_token_in_arg,
    dp702_token_in_image,
    dp801_not_gitignored,
    dp802_guard_missing,
    dp803_guard_fragile,
    dp804_left_prepared,
    dp805_old_script,
    dp806_version_differs,
}

/// The rule of an id, in any case, or of a name.
pub(crate) fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id.eq_ignore_ascii_case(name) || rule.name == name)
}
