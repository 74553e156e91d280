/*
 * /csi-attacher in the image: starts Node with the bundle, so that neither the settings of V8 nor those of malloc are
 * left to the user, and no shell has to be in the image. docs/decisions/0021 says why it is this and not something else.
 *
 * As process 1 it stays, as a small init: the kernel gives process 1 no default action for signals, so that a SIGTERM
 * which comes before Node listens would be lost. The child is not process 1, and dies of it. Anywhere else Node takes
 * this process's place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef LAUNCHER_ARGUMENTS
#error "LAUNCHER_ARGUMENTS and LAUNCHER_ENVIRONMENT are made from bin/csi-attacher by tools/image/launcher.ts"
#endif

static const char *const settings[] = {LAUNCHER_ARGUMENTS};
static const char *const environment[][2] = {LAUNCHER_ENVIRONMENT};

static const char node[] = "/usr/lib/csi-attacher/node";
static const char bundle[] = "/usr/lib/csi-attacher/csi-attacher.cjs";

/* Returns only if Node cannot be started. */
static int start(int argc, char **argv) {
  const size_t count = sizeof settings / sizeof *settings;
  char **arguments = calloc(count + (size_t)argc + 2, sizeof *arguments);
  if (arguments == NULL) return 127;
  size_t at = 0;
  arguments[at++] = "csi-attacher";
  for (size_t i = 0; i < count; i++) arguments[at++] = (char *)settings[i];
  arguments[at++] = (char *)bundle;
  for (int i = 1; i < argc; i++) arguments[at++] = argv[i];
  for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
    setenv(environment[i][0], environment[i][1], 0);
  execv(node, arguments);
  fprintf(stderr, "csi-attacher: cannot start %s: %s\n", node, strerror(errno));
  return 127;
}

/* Hands every signal on to the child, reaps what is left to process 1, and ends as the child does. */
static int init(pid_t child, const sigset_t *all) {
  for (;;) {
    const int number = sigwaitinfo(all, NULL);
    if (number < 0) continue;
    if (number != SIGCHLD) {
      kill(child, number);
      continue;
    }
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended != child) continue;
      if (WIFEXITED(status)) return WEXITSTATUS(status);
      /* Told to end before it had begun: that is an orderly end. */
      if (WTERMSIG(status) == SIGTERM) return 0;
      return 128 + WTERMSIG(status);
    }
  }
}

int main(int argc, char **argv) {
  if (getpid() != 1) return start(argc, argv);
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t child = fork();
  if (child == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    return start(argc, argv);
  }
  if (child < 0) {
    fprintf(stderr, "csi-attacher: cannot fork: %s\n", strerror(errno));
    return 127;
  }
  return init(child, &all);
}
