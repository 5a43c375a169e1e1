// Relative addresses, so that the page also works behind a path prefix; no
// validator badge, which would be asked of another host.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
