// SPDX-License-Identifier: GPL-3.0-or-later
// The address is relative to the page, so it holds under a base path and behind a proxy.
'use strict';

window.bridgeDocs = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  filter: true,
  // Each tool shows its own schemas; the list of all of them only repeats those.
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 4,
  tryItOutEnabled: true,
  // No outside service is asked to judge the document.
  validatorUrl: null,
});
