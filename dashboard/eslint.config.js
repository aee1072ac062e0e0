import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const parents = { group: ["../*"], message: "name it from the root: @/..." };
const features = { group: ["@/features/*"], message: "only app/ composes features" };

function imports(...patterns) {
  return { "no-restricted-imports": ["error", { patterns }] };
}

// Imports run down: app, features, components, lib. Features never import each other.
export default tseslint.config(
  { ignores: ["node_modules", "src/lib/api/schema.d.ts"] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat.recommended,
  {
    rules: {
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", 100],
      complexity: ["error", 15],
      eqeqeq: "error",
      "no-console": "error",
      ...imports(parents),
    },
  },
  { files: ["src/features/**"], rules: imports(parents, features, { group: ["@/app/*"] }) },
  { files: ["src/components/**"], rules: imports(parents, features, { group: ["@/app/*"] }) },
  { files: ["src/lib/**"], rules: imports(parents, features, { group: ["@/app/*", "@/components/*"] }) },
);
