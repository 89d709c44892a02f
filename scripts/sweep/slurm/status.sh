#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What became of Slurm's job $1, as Snakemake asks it: running, success or failed. Slurm forgets a job some minutes after its end
# (MinJobAge); its accounting, where there is one, does not.
state=$(scontrol --oneliner show job "$1" 2>/dev/null | sed -n 's/.* JobState=\([A-Z_]*\).*/\1/p')
[ -n "$state" ] || state=$(sacct --noheader --parsable2 --allocations --format=State --jobs "$1" 2>/dev/null | sed -n '1s/[^A-Z_].*//p')
case $state in
  COMPLETED) echo success ;;
  BOOT_FAIL | CANCELLED | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | REVOKED | TIMEOUT | "") echo failed ;;
  *) echo running ;;
esac
