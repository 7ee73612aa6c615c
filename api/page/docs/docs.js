// Renders the service's own OpenAPI schema with Swagger UI. Nothing is loaded from another origin.

const NO_NUL = "^[^\\u0000]*$"; // the pattern of plain text; Swagger UI would make random characters from it as an example

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const followColours = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followColours);
followColours();

function withPlainExamples(schema) {
  return JSON.stringify(JSON.parse(schema, (key, value) => (key === "pattern" && value === NO_NUL ? undefined : value)));
}

/** Mends what keeps Swagger UI from screen readers: links within buttons, a level of headings left out, no landmark. */
function accessible({ React }) {
  const node = React.createElement;
  const heading = node("h2", { className: "docs-operations" }, "Operations");
  return {
    components: { DeepLink: ({ text }) => node("span", null, text) },
    wrapComponents: {
      InfoContainer: (Info) => (properties) => node("section", { "aria-label": "About this API" }, node(Info, properties)),
      operations: (Operations) => (properties) => node("div", null, heading, node(Operations, properties)),
    },
  };
}

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  plugins: [accessible],
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // the default would send the schema to validator.swagger.io
  responseInterceptor: (response) => {
    if (new URL(response.url).pathname === "/openapi.json") response.text = withPlainExamples(response.text);
    return response;
  },
});
