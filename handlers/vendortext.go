// Package handlers is the console: routes, parsing, views and rendering.
package handlers
