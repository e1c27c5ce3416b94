// SPDX-License-Identifier: GPL-3.0-or-later
// The address is relative to the page, so it holds under a base path and behind a proxy.
'use strict';

Redoc.init(
  'openapi.json',
  {
    // Nothing may come from outside: the page has to work without the internet.
    disableGoogleFont: true,
    hideDownloadButtons: false,
    nativeScrollbars: true,
    scrollYOffset: '.bridge-bar',
    theme: {
      typography: { fontFamily: 'system-ui, sans-serif', headings: { fontFamily: 'system-ui, sans-serif' } },
    },
  },
  document.getElementById('redoc')
);
