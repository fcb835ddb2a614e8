#!/bin/sh
# Makes the clips that virtual devices send, beside this file. Needs ffmpeg (Debian).
set -eu
cd "$(dirname "$0")"
tone="sine=frequency=1000:sample_rate=16000:duration=1"
picture="testsrc=size=160x120:rate=25:duration=1"
exact="-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1"
video="-c:v libx264 -profile:v baseline -preset slow -crf 32 -g 25 -bf 0 -threads 1 -pix_fmt yuv420p"
# A second of a tone of 1000 Hz in G.722, 64 kbit/s; the same picture of 25 frames as H.264 and as MPEG-2 TS with sound.
# Of the tone the second second: the encoder has settled by then, and the end of the clip fits its begin.
ffmpeg -v error -f lavfi -i "${tone%1}2" -af volume=4 -c:a g722 -f g722 $exact - | tail -c 8000 >tone.g722
ffmpeg -v error -y -f lavfi -i "$picture" $video -f h264 $exact picture.h264
ffmpeg -v error -y -f lavfi -i "$picture" -f lavfi -i "$tone" -af volume=4 $video -c:a mp2 -b:a 64k -f mpegts $exact picture.ts
