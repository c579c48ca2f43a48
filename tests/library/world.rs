// A shared workspace and a product beside it, for the examples: `common/packages/errors` and `product/backend`.

/// Makes both in a temporary folder, which goes with the value.
fn world() -> std::io::Result<World> {
    let folder = tempfile::tempdir()?;
    let write = |path: &str, text: &str| -> std::io::Result<()> {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        std::fs::write(path, text)
    };
    write("common/pnpm-workspace.yaml", "packages:\n  - packages/*\n")?;
    write("common/packages/errors/package.json", "{\"name\": \"@bytelyst/errors\", \"version\": \"1.4.2\"}\n")?;
    write("common/packages/errors/index.js", "module.exports = {};\n")?;
    write("product/docker-prep.toml", "workspace = \"../common\"\n")?;
    write("product/backend/Dockerfile", "FROM node:22\nWORKDIR /app/backend\nCOPY .docker-deps* /app/.docker-deps/\nCOPY backend/package.json ./\nRUN pnpm install\n")?;
    write(
        "product/backend/package.json",
        "{\n  \"name\": \"backend\",\n  \"packageManager\": \"pnpm@10.6.5\",\n  \"dependencies\": {\n    \"@bytelyst/errors\": \"^1.4.0\"\n  }\n}\n",
    )?;
    Ok(World { common: folder.path().join("common"), product: folder.path().join("product"), folder })
}

struct World {
    common: std::path::PathBuf,
    product: std::path::PathBuf,
    folder: tempfile::TempDir,
}
