// SPDX-License-Identifier: GPL-3.0-or-later
// The address is relative to the page, so it holds under a base path and behind a proxy.
'use strict';

const bridgeOptions = {
  // Descriptions are written by MCP servers, which nobody vouches for.
  sanitize: true,
  // Nothing may come from outside: the page has to work without the internet.
  disableGoogleFont: true,
  hideDownloadButtons: true,
  nativeScrollbars: true,
  scrollYOffset: '.bridge-bar',
  requiredPropsFirst: true,
  expandResponses: '200',
  jsonSampleExpandLevel: 5,
  theme: {
    spacing: { sectionVertical: 20 },
    colors: { primary: { main: '#1f3a4d' } },
    typography: { fontFamily: 'system-ui, sans-serif', headings: { fontFamily: 'system-ui, sans-serif' } },
  },
};

async function showDocument(place) {
  const address = new URL('openapi.json', window.location.href);
  const answer = await fetch(address);
  if (!answer.ok)
    throw new Error(`${address} answers ${answer.status}`);
  const openApi = await answer.json();
  // ReDoc only puts an address behind the document's; it shows whole ones as they are.
  for (const server of openApi.servers)
    server.url = new URL(server.url, address).href.replace(/\/$/, '');
  Redoc.init(openApi, bridgeOptions, place);
}

const bridgePlace = document.getElementById('redoc');
showDocument(bridgePlace).catch((error) => {
  bridgePlace.className = 'bridge-failure';
  bridgePlace.textContent = `The OpenAPI document could not be loaded: ${error.message}. Load the page again.`;
});
