package tencent

// What the group types of Tencent Cloud Chat can do, and the service's figures.
