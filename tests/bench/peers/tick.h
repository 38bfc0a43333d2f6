/* What a peer in C does besides its bus: ticks on a grid, dt of what it receives, and at its end its timer errors. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_TICKS 1000000

static volatile sig_atomic_t ended;
static double timer_errors[MAX_TICKS];

static void end(int signal) { (void)signal, ended = 1; }

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

/* Prints dt of a body, given when it arrived. */
static void print_dt(const char *body, double arrived) {
  printf("dt = %.6f\n", arrived - strtod(body, NULL));
}

/* Calls publish() with a body at every slot, until SIGTERM; then prints how late each was. */
static void tick(double interval, void (*publish)(const char *body, int length)) {
  int sent = 0;
  double start = seconds(CLOCK_MONOTONIC);
  signal(SIGTERM, end);
  for (long slot = 0; !ended; slot++) {
    double due = start + slot * interval;
    struct timespec until = {(time_t)due, (long)((due - (time_t)due) * 1e9)};
    while (!ended && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    char body[32];
    double error = seconds(CLOCK_MONOTONIC) - due;
    int length = snprintf(body, sizeof body, "%.6f", seconds(CLOCK_REALTIME));
    publish(body, length);
    if (sent < MAX_TICKS) timer_errors[sent++] = error;
    if (slot % 10 == 9) fflush(stdout);
  }
  for (int i = 0; i < sent; i++) printf("timer error = %.6f\n", timer_errors[i]);
  fflush(stdout);
  _Exit(0);
}
