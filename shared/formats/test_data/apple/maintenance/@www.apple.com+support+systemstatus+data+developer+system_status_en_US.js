jsonCallback({
 "services": [
  {
   "serviceName": "Account",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users will be affected",
     "epochStartDate": 1778342400000,
     "epochEndDate": 1778353200000,
     "messageId": "2000009200",
     "statusType": "Maintenance",
     "datePosted": "05/04/2026 09:00 PDT",
     "startDate": "05/04/2026 09:00 PDT",
     "endDate": "05/04/2026 09:00 PDT",
     "affectedServices": null,
     "eventStatus": "upcoming",
     "message": "(Planned) work on the portal: it may be away."
    }
   ]
  },
  {
   "serviceName": "App Store Connect",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users will be affected",
     "epochStartDate": 1778342400000,
     "epochEndDate": 1778353200000,
     "messageId": "2000009200",
     "statusType": "Maintenance",
     "datePosted": "05/04/2026 09:00 PDT",
     "startDate": "05/04/2026 09:00 PDT",
     "endDate": "05/04/2026 09:00 PDT",
     "affectedServices": null,
     "eventStatus": "upcoming",
     "message": "(Planned) work on the portal: it may be away."
    }
   ]
  },
  {
   "serviceName": "Xcode Cloud",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": null,
     "epochStartDate": 1777906800000,
     "epochEndDate": 1777917600000,
     "messageId": "2000009201",
     "statusType": "Maintenance",
     "datePosted": "05/04/2026 09:00",
     "startDate": "05/04/2026 09:00",
     "endDate": "05/04/2026 09:00",
     "affectedServices": null,
     "eventStatus": "ongoing",
     "message": "Work on builds {part 2}."
    }
   ]
  }
 ]
});
