{
 "drpost": false,
 "services": [
  {
   "serviceName": "App Store",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users are affected",
     "epochStartDate": 1777906200000,
     "epochEndDate": null,
     "messageId": "2000009101",
     "statusType": "Outage",
     "datePosted": "05/04/2026 08:10 PDT",
     "startDate": "05/04/2026 08:10 PDT",
     "endDate": null,
     "affectedServices": [
      "Purchases"
     ],
     "eventStatus": "ongoing",
     "message": "Purchases fail. We are investigating."
    }
   ]
  },
  {
   "serviceName": "Apple Books",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users are affected",
     "epochStartDate": 1777906200000,
     "epochEndDate": null,
     "messageId": "2000009101",
     "statusType": "Outage",
     "datePosted": "05/04/2026 08:10 PDT",
     "startDate": "05/04/2026 08:10 PDT",
     "endDate": null,
     "affectedServices": [
      "Purchases"
     ],
     "eventStatus": "ongoing",
     "message": "Purchases fail. We are investigating."
    }
   ]
  },
  {
   "serviceName": "Apple Music",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users are affected",
     "epochStartDate": 1777906200000,
     "epochEndDate": null,
     "messageId": "2000009101",
     "statusType": "Issue",
     "datePosted": "05/04/2026 08:10 PDT",
     "startDate": "05/04/2026 08:10 PDT",
     "endDate": null,
     "affectedServices": [
      "Purchases"
     ],
     "eventStatus": "ongoing",
     "message": "Purchases fail. We are investigating."
    }
   ]
  },
  {
   "serviceName": "Apple TV",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users are affected",
     "epochStartDate": 1777906200000,
     "epochEndDate": 1777908000000,
     "messageId": "2000009101",
     "statusType": "Outage",
     "datePosted": "05/04/2026 08:10 PDT",
     "startDate": "05/04/2026 08:10 PDT",
     "endDate": "05/04/2026 08:10 PDT",
     "affectedServices": [
      "Purchases"
     ],
     "eventStatus": "resolved",
     "message": "Purchases fail. We are investigating."
    }
   ]
  },
  {
   "serviceName": "iCloud Mail",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "All users were affected",
     "epochStartDate": 1777824000000,
     "epochEndDate": 1777829400000,
     "messageId": "2000009090",
     "statusType": "Performance",
     "datePosted": "05/03/2026 10:00 PDT",
     "startDate": "05/03/2026 10:00 PDT",
     "endDate": "05/03/2026 10:00 PDT",
     "affectedServices": null,
     "eventStatus": "resolved",
     "message": "Mail was slow."
    }
   ]
  },
  {
   "serviceName": "Siri",
   "redirectUrl": null,
   "events": []
  }
 ]
}
