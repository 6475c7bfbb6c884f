/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "user/base/clock.h"

static struct termios before;
static bool has_screen, has_keys;
static volatile sig_atomic_t stopped, resized;

static void on_signal(int signal)
{
	if (signal == SIGWINCH)
		resized = 1;
	else
		stopped = 1;
}

/* Signals arrive only while screen_wait() waits, so that none is missed before it. */
static void watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t all;

	sigemptyset(&all);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaction(numbers[i], &action, NULL);
		sigaddset(&all, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void take_keys(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before))
		return;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	has_keys = !tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void screen_begin(void)
{
	watch_signals();
	has_screen = isatty(STDOUT_FILENO);
	if (!has_screen)
		return;
	take_keys();
	fputs("\033[?1049h\033[?25l", stdout); /* the alternate screen, no cursor */
}

void screen_end(void)
{
	if (has_screen) {
		fputs("\033[?25h\033[?1049l", stdout);
		fflush(stdout);
	}
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	has_screen = has_keys = false;
}

unsigned screen_lines(void)
{
	struct winsize size;

	return has_screen && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_row : 0;
}

bool screen_wants_colors(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return has_screen && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

/* False when standard input ended: it is not asked again. */
static bool took_quit(void)
{
	char key;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got <= 0)
		has_keys = false;
	return got == 1 && (key == 'q' || key == 'Q');
}

enum screen_event screen_wait(uint64_t until_ns)
{
	sigset_t none;

	sigemptyset(&none);
	for (;;) {
		struct pollfd keys = { .fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN };
		uint64_t now_ns = monotonic_ns(), left = until_ns > now_ns ? until_ns - now_ns : 0;
		struct timespec wait = { .tv_sec = (time_t)(left / NS_PER_S),
					 .tv_nsec = (long)(left % NS_PER_S) };
		int ready = ppoll(&keys, 1, &wait, &none);

		if (stopped || (ready > 0 && took_quit()))
			return SCREEN_QUIT;
		if (resized) {
			resized = 0;
			return SCREEN_RESIZED;
		}
		if (!ready || !left)
			return SCREEN_TIME;
	}
}
