package tencent
