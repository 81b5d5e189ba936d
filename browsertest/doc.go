// Package browsertest holds tests only: Chromium uses the program as it ships, the way operators do.
//
// The program is built once and runs on its embedded IM service. Most tests share one console and each makes the groups it
// changes; every test has a browser of its own in that no cookie outlives it. An error in the browser's console, an
// exception or something the page's policy stopped fails the test.
//
// With -screenshots DIR the pictures of the README are drawn anew.
package browsertest
